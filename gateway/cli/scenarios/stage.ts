import { type FirstBatchResource, generateTable, type NewPlan } from '#catalog';
import type { ErrorCode } from '#policies';
import type { Gateway } from '../../assemble.ts';
import type { Caller, EmbeddedIssuer, Role } from '../../identity/index.ts';

/** One thing that a scenario shows: that something is done, or that something is refused. */
export interface Finding {
  readonly what: string;
  readonly kind: 'done' | 'refused';
  readonly isGood: boolean;
  /** What came of it: a code, an answer. */
  readonly got: string;
}

/** A scenario of the city's plan: who does what, end to end, and what must be refused. */
export interface Scenario {
  readonly id: 'S1' | 'S2' | 'S3' | 'S4';
  readonly title: { readonly zh: string; readonly en: string };
  readonly plans: readonly NewPlan[];
  /** How providers declare the tables for it, where not as in the first batch. */
  declare?(table: FirstBatchResource): FirstBatchResource;
  play(stage: Stage): Promise<void>;
}

export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Somebody with a token. */
export interface Party {
  readonly caller: Caller;
  request(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object | string): Promise<Reply>;
}

/** A gateway at work, those who come to it, and what was found. */
export class Stage {
  readonly findings: Finding[] = [];
  readonly gateway: Gateway;
  readonly #issuer: EmbeddedIssuer;
  readonly #city: { readonly scale: number; readonly seed: number };
  readonly #tell: (finding: Finding) => void;

  constructor(
    gateway: Gateway,
    issuer: EmbeddedIssuer,
    city: { readonly scale: number; readonly seed: number },
    tell: (finding: Finding) => void,
  ) {
    this.gateway = gateway;
    this.#issuer = issuer;
    this.#city = city;
    this.#tell = tell;
  }

  async as(role: Role, sub: string, org: string): Promise<Party> {
    const caller = { role, sub, org };
    const token = await this.#issuer.issue(caller);
    return {
      caller,
      request: async (method, path, body) => {
        const type = typeof body === 'string' ? 'text/csv' : 'application/json';
        const headers = {
          authorization: `Bearer ${token}`,
          'content-type': type,
          prefer: 'wait=60',
          'accept-language': 'en',
        };
        const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
        const response = await this.gateway.app.request(path, { method, headers, ...sent });
        return { status: response.status, body: (await response.json()) as Reply['body'] };
      },
    };
  }

  /** The step is done; what it gave. */
  done({ status, body }: Reply, what: string): Reply['body'] {
    this.#find({ what, kind: 'done', isGood: status >= 200 && status < 300, got: String(body['code'] ?? status) });
    return body;
  }

  /** The step is refused, and for that reason. */
  refused({ body }: Reply, code: ErrorCode, what: string): void {
    this.#find({ what, kind: 'refused', isGood: body['code'] === code, got: String(body['code'] ?? 'permitted') });
  }

  /** What was found of a step. */
  found(isGood: boolean, kind: Finding['kind'], what: string, got: string): void {
    this.#find({ what, kind, isGood, got });
  }

  #find(finding: Finding): void {
    this.findings.push(finding);
    this.#tell(finding);
  }

  /** The first rows of a table of the synthetic city, as text by column: what its people and firms know of themselves. */
  async cityRows(
    table: Parameters<typeof generateTable>[0],
    count: number,
  ): Promise<readonly Readonly<Record<string, string>>[]> {
    let text = '';
    for (const chunk of generateTable(table, this.#city)) {
      text += chunk;
      if (text.split('\n').length > count + 1) break;
    }
    const [head = '', ...lines] = text.split('\n');
    const names = head.split(',');
    return lines.slice(0, count).map((line) => {
      const cells = line.split(',');
      return Object.fromEntries(names.map((name, at) => [name, cells[at] ?? '']));
    });
  }
}
