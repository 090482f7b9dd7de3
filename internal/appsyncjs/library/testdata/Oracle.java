import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.net.URLEncoder;
import java.time.*;
import java.time.format.*;
import java.util.*;
import java.util.regex.*;

/**
 * Writes what Java's own classes answer, one JSON array a line, for oracle.jsonl:
 * java Oracle.java > oracle.jsonl (OpenJDK 17).
 */
public class Oracle {
    static PrintStream out;

    static String quote(String s) {
        StringBuilder b = new StringBuilder("\"");
        for (char c : s.toCharArray()) {
            if (c == '"' || c == '\\') b.append('\\').append(c);
            else if (c < 32 || c > 126) b.append(String.format("\\u%04x", (int) c));
            else b.append(c);
        }
        return b.append('"').toString();
    }

    static void line(String... parts) {
        StringJoiner j = new StringJoiner(",", "[", "]");
        for (String p : parts) j.add(quote(p));
        out.println(j);
    }

    static String format(long ms, String pattern, String zone) {
        try {
            return "=" + DateTimeFormatter.ofPattern(pattern, Locale.US)
                .format(ZonedDateTime.ofInstant(Instant.ofEpochMilli(ms), ZoneId.of(zone)));
        } catch (RuntimeException e) {
            return "!" + e.getMessage();
        }
    }

    static String parse(String text, String pattern, String zone) {
        try {
            return "=" + ZonedDateTime.parse(text, DateTimeFormatter.ofPattern(pattern, Locale.US).withZone(ZoneId.of(zone)))
                .toInstant().toEpochMilli();
        } catch (RuntimeException e) {
            return "!" + e.getMessage();
        }
    }

    static String matches(String pattern, String text) {
        try {
            Pattern p = Pattern.compile(pattern);
            return p.matcher(text).matches() + " " + p.matcher(text).find();
        } catch (PatternSyntaxException e) {
            return "!";
        }
    }

    static String replace(String pattern, String text, String with) {
        try {
            return "=" + Pattern.compile(pattern).matcher(text).replaceAll(with);
        } catch (RuntimeException e) {
            return "!";
        }
    }

    public static void main(String[] args) {
        out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        long[] moments = {0, 1517943695750L, 1517476865180L, 1735689599999L, 951782400000L, -62198755200000L, 253402300800000L, 1719835200005L, -1L};
        String[] zones = {"UTC", "Australia/Perth", "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata", "+08:30", "GMT-03:00"};
        String letters = "GuyYDMLdQqwWEecaBFHkKhmsSAnNgVOXxZ";
        for (char c : letters.toCharArray())
            for (int n = 1; n <= 6; n++)
                for (int i = 0; i < moments.length; i++) {
                    String p = String.valueOf(c).repeat(n), z = zones[(i + n) % zones.length];
                    if (c == 'V' && z.startsWith("GMT")) continue;
                    line("format", String.valueOf(moments[i]), p, z, format(moments[i], p, z));
                }
        for (String p : new String[]{"yyyy-MM-dd HH:mm:ssZ", "EEE, d MMM yyyy HH:mm:ss z", "yyyy.MM.dd G 'at' HH:mm:ss", "hh 'o''clock' a", "yyyy[-MM[-dd]]", "ppHH", "yyyyMMddHHmmssSSS", "''yy''", "b", "{", "yyyy]", "'abc", "pp", "[yyyy", "dd/MM/uuuu", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "ppppd|ppM", "EEEE MMMM QQQQ", "YYYY-'W'ww-e", "", "H:m:s.n", "z", "zzzz", "v", "vvvv", "cc", "ccc", "j", "\u00e9yyyy"})
            for (long ms : moments)
                for (String z : new String[]{"UTC", "America/Los_Angeles", "Europe/Berlin"})
                    if (!(z.equals("UTC") && p.startsWith("v")))
                        line("format", String.valueOf(ms), p, z, format(ms, p, z));
        String[][] parses = {
            {"2018-02-01 17:21:05.180+0800", "yyyy-MM-dd HH:mm:ss.SSSZ", "UTC"},
            {"2018-02-01 17:21:05", "yyyy-MM-dd HH:mm:ss", "UTC"}, {"2018-02-01 17:21:05", "yyyy-MM-dd HH:mm:ss", "Australia/Perth"},
            {"2018-02-01", "yyyy-MM-dd", "UTC"}, {"20180201172105", "yyyyMMddHHmmss", "UTC"}, {"20180201172105180", "yyyyMMddHHmmssSSS", "UTC"},
            {"1/2/2018 5:21 PM", "d/M/yyyy h:mm a", "UTC"}, {"1/2/2018 12:21 AM", "d/M/yyyy h:mm a", "UTC"}, {"31/04/2018 10", "dd/MM/yyyy HH", "UTC"},
            {"32/04/2018 10", "dd/MM/yyyy HH", "UTC"}, {"29 Feb 2019 10", "dd MMM yyyy HH", "UTC"}, {"29 February 2020 10", "dd MMMM yyyy HH", "UTC"},
            {"Thu, 01 Feb 2018 10:00", "EEE, dd MMM yyyy HH:mm", "UTC"}, {"Fri, 01 Feb 2018 10:00", "EEE, dd MMM yyyy HH:mm", "UTC"},
            {"2018-02-01T10:00:00Z", "yyyy-MM-dd'T'HH:mm:ssX", "UTC"}, {"2018-02-01T10:00:00+08", "yyyy-MM-dd'T'HH:mm:ssX", "UTC"},
            {"2018-02-01T10:00:00+08:00", "yyyy-MM-dd'T'HH:mm:ssXXX", "UTC"}, {"2018-02-01T10:00:00+0800", "yyyy-MM-dd'T'HH:mm:ssXXX", "UTC"},
            {"2018-02-01T10:00:00+08:00", "yyyy-MM-dd'T'HH:mm:ssX", "UTC"}, {"2018-02-01T10:00:00+0800", "yyyy-MM-dd'T'HH:mm:ssXX", "UTC"},
            {"2018-02-01 10:00 Europe/Berlin", "yyyy-MM-dd HH:mm VV", "UTC"}, {"2018-02-01 10:00 GMT+8", "yyyy-MM-dd HH:mm O", "UTC"},
            {"18-02-01 10:00", "yy-MM-dd HH:mm", "UTC"}, {"2018-032 10", "yyyy-DDD HH", "UTC"}, {"2018-366 10", "yyyy-DDD HH", "UTC"},
            {"+12018-02-01 10", "yyyy-MM-dd HH", "UTC"}, {"12018-02-01 10", "yyyy-MM-dd HH", "UTC"}, {"-2018-02-01 10", "uuuu-MM-dd HH", "UTC"},
            {"44 BC 03 15 10", "y G MM dd HH", "UTC"}, {"2018-02-01 24:00", "yyyy-MM-dd HH:mm", "UTC"}, {"2018-02-01 24:01", "yyyy-MM-dd HH:mm", "UTC"},
            {"2018-02-01 10:60", "yyyy-MM-dd HH:mm", "UTC"}, {"2018-02-01 10:00 ", "yyyy-MM-dd HH:mm", "UTC"}, {"2018-2-1 1:2", "yyyy-M-d H:m", "UTC"},
            {"2018-02-01 10:00", "yyyy-MM-dd[ HH:mm]", "UTC"}, {"2018-02-01", "yyyy-MM-dd[ HH:mm]", "UTC"}, {"x", "yyyy", "UTC"}, {"", "yyyy", "UTC"},
            {"2018-02-01 10:30", "yyyy-MM-dd kk:mm", "UTC"}, {"2018-02-01 36000000", "yyyy-MM-dd A", "UTC"}, {"2018-03-25 02:30", "yyyy-MM-dd HH:mm", "Europe/Berlin"},
            {"2018-10-28 02:30", "yyyy-MM-dd HH:mm", "Europe/Berlin"}, {" 1/ 2/2018 10", "ppd/ppM/yyyy HH", "UTC"}, {"2018-02-01 10:00:00.5", "yyyy-MM-dd HH:mm:ss.S", "UTC"},
        };
        for (String[] p : parses) line("parse", p[0], p[1], p[2], parse(p[0], p[1], p[2]));
        String[][] regexes = {
            {"a*b", "aaaaab"}, {"a*b", "xaab"}, {"^a+$", "aaa"}, {"^a+$", "aaa\n"}, {"a.c", "a\nc"}, {"(?s)a.c", "a\nc"}, {"(?i)ABC", "abc"}, {"a(?i)b", "aB"}, {"a(?i:b)c", "aBC"},
            {"\\d+", "123"}, {"\\d+", "\u0661"}, {"\\w+", "\u00e9"}, {"\\p{L}+", "\u00e9a"}, {"\\p{Alpha}+", "abc"}, {"\\p{IsAlphabetic}+", "\u00e9"}, {"\\p{IsLatin}+", "abc"}, {"\\pL\\PL", "a1"},
            {"[a-z&&[^aeiou]]+", "xyz"}, {"[a-z&&[^aeiou]]+", "xaz"}, {"[a-c[x-z]]+", "abyz"}, {"[^a-c[x-z]]+", "m"}, {"[^a-c[x-z]]+", "y"}, {"[a-z&&[def]&&[e-z]]+", "ef"}, {"[\\d\\-x]+", "1-x"}, {"[-a]+", "-a"}, {"[a-]+", "-a"},
            {"a++b", "aab"}, {"a++a", "aaa"}, {"a*+a", "aaa"}, {"(ab)?+ab", "ab"}, {"x{2,3}+x", "xxx"}, {"\\Qa.b\\E+", "a.bbb"}, {"\\Qa.b\\E+", "axb"}, {"\\Qab", "ab"}, {"\\x41\\u0042\\0103\\x{44}", "ABCD"}, {"\\t\\n\\e\\cA", "\t\n\u001b\u0001"},
            {"(?<year>\\d{4})-\\k<year>", "2018-2018"}, {"(a)(?<n>b)(c)\\3", "abcc"}, {"(a)(?<n>b)(c)\\2", "abcb"}, {"(?x) a b # c\n c", "abc"}, {"(?x)[a b]+", "ab"}, {"(?m)^b$", "a\nb\nc"}, {"(?d)a.", "a\r"}, {"a.", "a\r"}, {"a$", "a\r\n"}, {"a\\Z", "a\n"}, {"a\\z", "a\n"},
            {"\\bfoo\\b", "a foo b"}, {"(?<=a)b", "ab"}, {"(?<!a)b", "ab"}, {"(?=ab)a", "ab"}, {"(?!ab)a", "ac"}, {"\\R", "\r\n"}, {"\\h\\v", "\t\n"}, {"\\H\\V", "ab"}, {"[\\h]+", " \t"}, {"[\\W]", "-"}, {"[^\\W]", "a"}, {"[\\D5]+", "a5"},
            {"[a", "a"}, {"(a", "a"}, {"a)", "a"}, {"*a", "a"}, {"a**", "a"}, {"a{2", "aa"}, {"\\", "a"}, {"\\y", "y"}, {"\\p{Foo}", "a"}, {"[b-a]", "a"}, {"(?z)a", "a"}, {"x{0}", ""}, {"", ""}, {"|a", "a"}, {"()", ""}, {"(?:)", ""}, {"a{,2}", "a"}, {"\\-\\_\\/", "-_/"}, {"[.]", "."}, {"[\\]]", "]"}, {"[&]", "&"}, {"a|b|", ""},
            {"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}$", "joe@example.com"}, {"^[a-f0-9]{8}-[a-f0-9]{4}$", "deadbeef-1234"}, {"\\+?[1-9]\\d{1,14}", "+4930123456"}, {"\\p{javaLowerCase}+", "abc"}, {"\\p{Punct}+", "!`~]["}, {"\\p{script=Greek}", "\u03b1"}, {"\\p{gc=Lu}", "A"}, {"\\p{Lu}", "a"}, {"(?i)\\p{Lu}", "a"}, {"\ud83d\ude00", "\ud83d\ude00"}, {".", "\ud83d\ude00"}, {"[\ud83d\ude00]", "\ud83d\ude00"}, {"[^a]", "\ud83d\ude00"},
        };
        for (String[] r : regexes) line("matches", r[0], r[1], matches(r[0], r[1]));
        String[][] replaces = {{"a", "banana", "o"}, {"(a)(n)", "banana", "$2$1"}, {"(?<x>a)", "banana", "<${x}>"}, {"a", "banana", "\\$"}, {"a", "banana", "$"}, {"(a)", "banana", "$12"}, {"a", "banana", "$1"}, {"", "ab", "-"}, {"\\s+", " a  b ", "_"}, {"x*", "axb", "."}, {"a", "banana", "\\"}, {"(b)|(z)", "banana", "[$2]"}};
        for (String[] r : replaces) line("replace", r[0], r[1], r[2], replace(r[0], r[1], r[2]));
        StringBuilder all = new StringBuilder();
        for (char c = 0; c < 0x180; c++) all.append(c);
        for (String s : new String[]{all.toString(), "\ud83d\ude00 a+b", "\u20ac"}) line("urlEncode", s, URLEncoder.encode(s, StandardCharsets.UTF_8));
    }
}
