/** A message of protobuf's text format. A field that is repeated has several values; a list `[a, b]` counts as so many. */
export type Message = ReadonlyMap<string, readonly FieldValue[]>;
export type FieldValue = number | string | Message;

const TOKEN = /\s+|#[^\n]*|("(?:[^"\\]|\\.)*")|([A-Za-z_]\w*)|([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?\.?)|([{}[\]:,])/y;

/** The part of the text format that the vectors use: fields, messages, lists, numbers, strings, names, comments. */
export function readTextProto(text: string): Message {
  const tokens = tokensOf(text);
  const message = readFields(tokens);
  if (tokens.length > 0) throw new SyntaxError(`unexpected ${tokens[0]}`);
  return message;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new SyntaxError(`cannot read ${text.slice(at, at + 20)}`);
    const [, string, name, number, sign] = match;
    const token = string ?? name ?? number ?? sign;
    if (token !== undefined) tokens.push(token);
  }
  return tokens;
}

function readFields(tokens: string[]): Message {
  const fields = new Map<string, FieldValue[]>();
  while (tokens.length > 0 && tokens[0] !== '}') {
    const name = tokens.shift()!;
    const values = fields.get(name) ?? [];
    fields.set(name, [...values, ...readField(tokens)]);
  }
  return fields;
}

function readField(tokens: string[]): readonly FieldValue[] {
  if (tokens[0] === '{') {
    tokens.shift();
    const message = readFields(tokens);
    if (tokens.shift() !== '}') throw new SyntaxError('a message without its end');
    return [message];
  }
  if (tokens.shift() !== ':') throw new SyntaxError('a field without a value');
  if (tokens[0] !== '[') return [readScalar(tokens.shift())];
  tokens.shift();
  const values: FieldValue[] = [];
  for (let token = tokens.shift(); token !== ']'; token = tokens.shift()) {
    if (token !== ',') values.push(readScalar(token));
  }
  return values;
}

function readScalar(token: string | undefined): string | number {
  if (token === undefined) throw new SyntaxError('a value is missing');
  if (token.startsWith('"')) return token.slice(1, -1);
  return /^[A-Za-z_]/.test(token) ? token : Number(token);
}
