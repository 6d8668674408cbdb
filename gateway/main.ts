import { keepCompiled } from './keep-compiled.ts';

/** `npm start`. */
keepCompiled();
await import('./serve.ts');
