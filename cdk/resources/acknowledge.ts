import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** Rules of cdk-nag that a construct breaks on purpose, and the purpose. They hold for all below it. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason })
}
