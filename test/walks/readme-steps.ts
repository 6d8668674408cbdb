/** The five users' first steps, as the README gives them. */

export const USERS = ['Developer', 'Provider', 'Operator', 'Bureau', 'Security office'] as const;
export type User = (typeof USERS)[number];

/**
 * The shell blocks of a user's section, as they stand there. WHY `sh example` is left out: such a block stands for what a reader fills in, and says
 * so in the source.
 */
export function stepsOf(readme: string, user: User): readonly string[] {
  const [, from = ''] = readme.split(new RegExp(`^### ${user} .*$`, 'm'));
  const [section = ''] = from.split(/^##/m);
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
}
