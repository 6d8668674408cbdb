const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** A small page without scripts or outside resources. All text is escaped. */
export function htmlPage(
  title: string,
  paragraphs: readonly string[],
  links: readonly { readonly href: string; readonly words: readonly string[] }[],
): string {
  const heading = escapeHtml(title);
  const body = paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n');
  const list = links
    .map(
      ({ href, words }) =>
        `<li><a href="${escapeHtml(href)}">${escapeHtml(href)}</a> ${escapeHtml(words.join(' · '))}</li>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>${heading}</title>
<meta name="viewport" content="width=device-width">
<style>body{font:16px/1.6 sans-serif;max-width:48rem;margin:3rem auto;padding:0 1rem}</style></head>
<body>
<h1>${heading}</h1>
${body}
<ul>
${list}
</ul>
</body>
</html>
`;
}
