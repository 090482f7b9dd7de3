// Package state keeps what tidewire has to remember between two starts, in
// files that only their owner can read.
//
// # The state directory
//
// Call [Open] with the directory that the user chose (".tidewire" beside the
// template by default). It makes the directory (0700) with a .gitignore of
// "*", or checks an existing one, and refuses with an [*Error] that says what
// to do when the directory
//
//   - is a symbolic link, or not a directory;
//   - belongs to another user, or lets group or others in;
//   - is tracked by git, wholly or in part: its keys would be public, or, in
//     a repository cloned from somebody else, known to that somebody;
//   - holds a file of ours that is a link, belongs to another user, can be
//     read by group or others, or is damaged.
//
// [Dir.SealingKey], [Dir.Developer] and [Dir.Secret] then give keys that are
// made at random once and are the same ever after. [Dir.Lock] makes sure that
// one gateway serves from the directory at a time. [Dir.Close] gives the
// directory's handle back.
//
// # Running gateways
//
// [Record] notes a running gateway in a directory of the user's, and [Find]
// looks one up by the host and port that a client wants to talk to. A record
// counts only while its writer lives: the writer holds a lock that the system
// drops when the process ends, however it ends.
//
// # What is promised
//
// Every access goes through a handle of the directory that was checked
// ([os.Root]), so replacing the path afterwards has no effect. Files are
// written beside their final name, synced, and renamed: a reader sees the old
// content or the new one. Content is made under an exclusive file lock, so
// two processes that start together agree on every key. Nothing here is ever
// printed: an error names the file, never what is in it.
//
// Whether git tracks the directory is read from the index of the enclosing
// repository (gitformat-index(5), versions 2 to 4, split and sparse ones
// included) and never by running git, because git runs programs that the
// repository's configuration names. An index that cannot be read counts as a
// refusal. The environment (GIT_DIR, GIT_INDEX_FILE) is not consulted.
//
// # Windows
//
// Windows has no owner or mode that Go can compare; there the checks of owner
// and mode are left out and the access list of the enclosing directory (the
// user's profile) has to keep others away. Everything else holds.
//
// # Concurrency
//
// All functions and methods are safe for concurrent use, in one process and
// between processes.
package state
