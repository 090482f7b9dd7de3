// Prints what the typings of @aws-appsync/utils declare, a function a line: its
// name as a script writes it, and the parameters of its longest signature. The
// modules rds and ai are not served, nor is util.rds.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const folder = dirname(createRequire(import.meta.url).resolve('@aws-appsync/utils/package.json'));
const files = { main: join(folder, 'lib/index.d.ts'), dynamodb: join(folder, 'lib/dynamodb-helpers.d.ts') };
const program = ts.createProgram(Object.values(files), { strict: true });
const checker = program.getTypeChecker();
const lines = [];

function exports(file) {
  return checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)));
}

function add(name, type) {
  const signatures = type.getCallSignatures();
  if (signatures.length > 0) {
    lines.push(`${name} ${Math.max(...signatures.map(s => s.parameters.length))}`);
    return;
  }
  for (const member of type.getProperties()) {
    if (`${name}.${member.name}` === 'util.rds') continue;
    add(`${name}.${member.name}`, checker.getTypeOfSymbol(member));
  }
}

for (const symbol of exports(files.main)) {
  if (['util', 'extensions', 'runtime'].includes(symbol.name)) add(symbol.name, checker.getTypeOfSymbol(symbol));
}
for (const symbol of exports(files.dynamodb)) {
  if (symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Variable)) add(`dynamodb.${symbol.name}`, checker.getTypeOfSymbol(symbol));
}
console.log(lines.sort().join('\n'));
