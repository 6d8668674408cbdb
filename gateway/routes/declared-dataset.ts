import { AppError } from '#policies';
import type { ReadDataset } from '../formats/dcat-in.ts';
import type { ResourceDeclaration } from '../resources/resource-service.ts';
import { tableSchemaOf } from './resources.ts';
import { TableDeclarationSchema } from './schemas/resource.ts';

/** What a dataset of another catalogue declares, held to what a registration is. @throws AppError `RESOURCE_INVALID`. */
export function declaredDataset({ declaration }: Extract<ReadDataset, { declaration: unknown }>): ResourceDeclaration {
  const schema = TableDeclarationSchema.safeParse(declaration.schema);
  if (schema.success) return { ...declaration, schema: tableSchemaOf(schema.data) };
  const path = `schema.${schema.error.issues[0]?.path.join('.') ?? ''}`;
  throw new AppError('RESOURCE_INVALID', { path, problem: 'not as a registration has it' });
}
