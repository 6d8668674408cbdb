#!/usr/bin/env node
import { keepCompiled } from '../keep-compiled.ts';

keepCompiled();
const { run } = await import('./program.ts');
await run(process.argv, process.env);
