import type { Cli } from './cli.ts';

export interface ProgressBar {
  show(progress: { readonly bytes: number; readonly rows: number }): void;
  end(): void;
}

const WIDTH = 30;
const EVERY_MS = 100;

/** On the terminal's stderr, one line that is written over; nothing where stderr is a file or `--json` was asked for. */
export function progressBar(cli: Cli, bytesTotal: number): ProgressBar {
  if (cli.json || !process.stderr.isTTY) return { show: () => undefined, end: () => undefined };
  let shownAt = 0;
  return {
    show({ bytes, rows }) {
      if (performance.now() - shownAt < EVERY_MS) return;
      shownAt = performance.now();
      const share = bytesTotal === 0 ? 1 : Math.min(1, bytes / bytesTotal);
      const full = Math.round(share * WIDTH);
      const count = cli.words({ en: `${rows} rows`, zh: `${rows} 行` });
      cli.err(`\r[${'#'.repeat(full)}${' '.repeat(WIDTH - full)}] ${Math.floor(share * 100)}%  ${count} `);
    },
    end: () => cli.err('\r\u001b[K'),
  };
}
