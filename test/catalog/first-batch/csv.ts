const NEXT = /[,\n]/g;

/** A CSV reader of the tests' own (RFC 4180), so that the generator is not checked by itself. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  for (let at = 0; at < text.length; ) {
    const row: string[] = [];
    for (let more = true; more; ) {
      let field = '';
      if (text[at] === '"') {
        for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
          if (text[at] === '"') at++;
          field += text[at];
        }
        at++;
      } else {
        NEXT.lastIndex = at;
        const end = (NEXT.exec(text)?.index ?? text.length) - at;
        field = text.slice(at, at + end);
        at += end;
      }
      row.push(field);
      more = text[at] === ',';
      at++;
    }
    rows.push(row);
  }
  return rows;
}
