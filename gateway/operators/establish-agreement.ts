import { findAgreement } from '#catalog';
import type { BureauPeople, EstablishDeps } from '../grants/establish-grants.ts';
import { signatureType, statementOf } from '../grants/statement.ts';
import type { Caller } from '../identity/index.ts';
import type { OperatorService } from './operator-service.ts';

/**
 * Has an operator chosen and an agreement signed, step by step, by the people who would: for homes that are made for trial. WHY no
 * working day of publicity: a trial cannot wait for a week; the agreement says so, and so does the log.
 */
export async function establishAgreement(
  deps: EstablishDeps & { readonly operators: OperatorService },
  { id, operator, validFrom }: { readonly id: string; readonly operator: Caller; readonly validFrom: string },
  { author, signer }: BureauPeople,
): Promise<void> {
  if (deps.store.read((db) => findAgreement(db, id)) !== null) return;
  const opening = { id, operator: operator.org, kind: 'award', validFrom, publicityDays: 0 } as const;
  const opened = await deps.operators.open(author, opening, '遴选');
  const step = deps.operators.step;
  await step(signer, id, { step: 'review', note: '评审', jws: null });
  await step(author, id, { step: 'publicity', note: '公示', jws: null });
  await step(signer, id, { step: 'decision', note: '三重一大', jws: null });
  const sign = async (party: Caller) => {
    const key = await deps.keyOf(party, party.role === 'bureau' ? signer : author);
    const statement = statementOf('agreement', opened, { org: party.org, role: party.role }, deps.home);
    return await key.sign(statement, signatureType('agreement'));
  };
  await step(author, id, { step: 'bureau-signature', note: '签署', jws: await sign(author) });
  await step(operator, id, { step: 'operator-signature', note: '签署', jws: await sign(operator) });
}
