import type { Command } from 'commander';
import { type Cli, printJson } from './cli.ts';
import { addClientOptions, type Client, type ClientOptions, createClient } from './http-client.ts';

type Words = Parameters<Cli['words']>[0];
/** What a group of commands is about. */
export const group = (command: Command, { words }: Cli, description: Words) => command.description(words(description));

/** A command that is one request; `<…>` of its usage are the request's words. */
export function request<O extends ClientOptions = ClientOptions>(
  parent: Command,
  cli: Cli,
  [usage, description]: readonly [string, Words],
  send: (client: Client, words: readonly string[], options: O) => Promise<unknown>,
): Command {
  const command = parent.command(usage).description(cli.words(description));
  // One thumbprint of 64 begins with a dash.
  if (usage.includes('<thumbprint>')) command.allowUnknownOption();
  return addClientOptions(command, cli).action(async (...given: unknown[]) => {
    const options = given.at(-2) as O;
    const answer = await send(await createClient(options, cli), given.slice(0, -2).map(String), options);
    printJson(cli, answer);
  });
}

export const post = (client: Client, path: string, body?: unknown) =>
  client.request({ method: 'POST', path, ...(body === undefined ? {} : json(body)) });
export const put = (client: Client, path: string, body: unknown) =>
  client.request({ method: 'PUT', path, ...json(body) });
export const get = (client: Client, path: string) => client.request({ method: 'GET', path });
export const part = encodeURIComponent;

const json = (body: unknown) => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
