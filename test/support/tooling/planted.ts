/** Violations to plant, one for each rule of the linter that the project leans on, and what is right in its place. */

export interface Planted {
  readonly gate: string
  /** Where it is planted, in a tree that mirrors the repository. */
  readonly file: string
  /** The rule that must speak, as the linter's report names it. */
  readonly rule: string
  readonly wrong: string
  readonly right: string
}

export const using = (path: string): string =>
  `import { value as taken } from '${path}'\n\nexport const value = taken\n`

function boundary(file: string, wrong: string, right: string): Planted {
  return {
    gate: `${file} imports ${wrong}`,
    file,
    rule: 'eslint(no-restricted-imports)',
    wrong: wrong.startsWith('.') ? using(wrong) : `import * as value from '${wrong}'\n\nexport { value }\n`,
    right: using(right),
  }
}

const boundaries: readonly Planted[] = [
  boundary('lib/core/values/rule.ts', '../job/value.ts', './value.ts'),
  boundary('lib/core/job/rule.ts', '../definition/value.ts', '../values/value.ts'),
  boundary('lib/core/job/files.ts', 'node:fs', '../values/value.ts'),
  boundary('lib/core/schedule/rule.ts', '../definition/value.ts', '../job/value.ts'),
  boundary('lib/core/schedule/library.ts', 'croner', '../values/value.ts'),
  boundary('lib/core/schedule/calendar.ts', '../job/value.ts', '../values/value.ts'),
  boundary('lib/core/definition/rule.ts', '../transitions/value.ts', '../job/value.ts'),
  boundary('lib/core/definition/define.ts', '../../define/value.ts', './value.ts'),
  boundary('lib/core/transitions/rule.ts', '../../app/value.ts', '../job/value.ts'),
  boundary('lib/core/history/rule.ts', '../transitions/value.ts', '../definition/value.ts'),
  boundary('lib/core/decide/rule.ts', '../../ports/value.ts', '../transitions/value.ts'),
  boundary('lib/define/rule.ts', '../ports/value.ts', '../core/definition/value.ts'),
  boundary('lib/ports/rule.ts', '../app/value.ts', '../core/job/value.ts'),
  boundary('lib/app/rule.ts', '../aws/value.ts', '../ports/value.ts'),
  boundary('lib/app/worker/rule.ts', '../../aws/value.ts', '../../ports/value.ts'),
  boundary('lib/app/worker/sdk.ts', '@aws-sdk/client-sqs', '../../core/transitions/value.ts'),
  boundary('lib/system/rule.ts', '../aws/value.ts', '../ports/value.ts'),
  boundary('lib/aws/rule.ts', '../app/value.ts', '../ports/value.ts'),
  boundary('lib/aws/dynamodb/rule.ts', '../../app/value.ts', '../../ports/value.ts'),
  boundary('lib/lambda/rule.ts', '../dev/value.ts', '../http/value.ts'),
  boundary('lib/lambda/sdk.ts', '@aws-sdk/client-sqs', '../aws/value.ts'),
  boundary('lib/http/rule.ts', '../aws/value.ts', '../app/value.ts'),
  boundary('lib/http/routes/rule.ts', '../../aws/value.ts', '../../core/job/value.ts'),
  boundary('lib/http/routes/loop.ts', 'node:zlib', '../../ports/value.ts'),
  boundary('lib/http/schemas/rule.ts', '../app.ts', '../../core/job/value.ts'),
  boundary('lib/client/rule.ts', '../http/value.ts', '../aws/value.ts'),
  boundary('lib/cli/rule.ts', '../app/value.ts', '../client/value.ts'),
  boundary('lib/cli/sdk.ts', '@aws-sdk/client-sqs', '../dev/value.ts'),
  boundary('lib/cli/check/rule.ts', '../program.ts', '../../bundle/bundle.ts'),
  boundary('lib/cli/check/cdk.ts', '../../../cdk/value.ts', '../../core/job/value.ts'),
  boundary('lib/cli/check/library.ts', 'commander', '../../client/value.ts'),
  boundary('lib/dashboard/rule.ts', '../dev/value.ts', './value.ts'),
  boundary('lib/dashboard/page/rule.ts', '../../core/job/value.ts', './value.ts'),
  boundary('lib/dashboard/page/types.ts', '../../app/value.ts', '../../http/schemas/value.ts'),
  boundary('lib/dev/rule.ts', '../cli/value.ts', '../http/value.ts'),
  boundary('lib/dev/http/jobs.ts', '../../../functions/jobs.ts', '../value.ts'),
  boundary('functions/local/job.ts', '../jobs/value.ts', '../jobs.ts'),
  boundary('lib/testing/rule.ts', '../aws/value.ts', '../app/value.ts'),
  boundary('lib/dev/tests.ts', '../../test/value.ts', '../client/value.ts'),
  boundary('lib/index.ts', './dev/value.ts', './client/value.ts'),
  boundary('lib/testing.ts', './aws/value.ts', './testing/value.ts'),
  boundary('lib/novel/rule.ts', '../core/value.ts', './value.ts'),
  boundary('functions/api.ts', './handlers.ts', '../lib/http/value.ts'),
  boundary('functions/sweeper.ts', './jobs/value.ts', './jobs.ts'),
  boundary('functions/dispatcher.ts', '../lib/dev/value.ts', '../lib/app/value.ts'),
  boundary('functions/worker.ts', './jobs/value.ts', './handlers.ts'),
  boundary('functions/handlers.ts', '../lib/testing.ts', './jobs/value.ts'),
  boundary('functions/jobs/rule.ts', '../../cdk/value.ts', '../../lib/core/job/value.ts'),
  boundary('functions/jobs.ts', '../lib/aws/value.ts', '../lib/core/job/value.ts'),
  boundary('lib/bundle/rule.ts', 'aws-cdk-lib', '../core/values/value.ts'),
  boundary('lib/bundle/app.ts', '../app/value.ts', './value.ts'),
  boundary('cdk/rule.ts', '../functions/handlers.ts', '../functions/jobs.ts'),
  boundary('cdk/resources/rule.ts', '../../lib/app/value.ts', '../access/value.ts'),
  boundary('cdk/alarms/rule.ts', '../../functions/jobs.ts', '../../lib/lambda/metrics.ts'),
  {
    gate: 'a boundary crossed by import()',
    file: 'lib/core/job/later.ts',
    rule: 'eslint(no-restricted-imports)',
    wrong: "export const { value } = await import('../../app/value.ts')\n",
    right: "export const { value } = await import('./value.ts')\n",
  },
]

function banned(file: string, expression: string): Planted {
  const rule = /^(Math|AbortSignal)\./.test(expression) ? 'no-restricted-properties' : 'no-restricted-globals'
  return {
    gate: `${file} uses ${expression}`,
    file,
    rule: `eslint(${rule})`,
    wrong: `export const value = ${expression}\n`,
    right: 'export const value = 1\n',
  }
}

const injected: readonly Planted[] = [
  banned('lib/core/job/date.ts', 'new Date(0)'),
  // The one file that may write an instant as text.
  { ...banned('lib/core/values/instant.ts', 'setTimeout(() => 1, 1)'), right: 'export const value = new Date(0)\n' },
  banned('lib/core/schedule/later.ts', 'new Date(0)'),
  banned('lib/core/job/random.ts', 'Math.random()'),
  banned('lib/core/job/timer.ts', 'setTimeout(() => 1, 1)'),
  banned('lib/core/job/process.ts', "process.env['HOME']"),
  banned('lib/ports/date.ts', 'Date.now()'),
  banned('lib/app/date.ts', 'Date.now()'),
  banned('lib/app/random.ts', 'Math.random()'),
  banned('lib/app/timer.ts', 'setTimeout(() => 1, 1)'),
  banned('lib/app/interval.ts', 'setInterval(() => 1, 1)'),
  banned('lib/app/immediate.ts', 'setImmediate(() => 1)'),
  banned('lib/app/performance.ts', 'performance.now()'),
  banned('lib/app/console.ts', 'console'),
  banned('lib/app/fetch.ts', "fetch('http://localhost')"),
  banned('lib/app/crypto.ts', 'crypto.randomUUID()'),
  banned('lib/app/global.ts', 'globalThis.performance.now()'),
  banned('lib/app/signal.ts', 'AbortSignal.timeout(1)'),
]

const promises: readonly Planted[] = [
  {
    gate: 'a promise left alone',
    file: 'lib/aws/floating.ts',
    rule: 'typescript(no-floating-promises)',
    wrong: "export function go(): void {\n  Promise.resolve('sent')\n}\n",
    right: "export async function go(): Promise<void> {\n  await Promise.resolve('sent')\n}\n",
  },
  {
    gate: 'an async callback where nobody waits for it',
    file: 'lib/aws/callback.ts',
    rule: 'typescript(no-misused-promises)',
    wrong: 'export function go(): void {\n  ;[1].forEach(async one => {\n    await Promise.resolve(one)\n  })\n}\n',
    right: 'export function go(): void {\n  ;[1].forEach(one => one)\n}\n',
  },
]

const unionOf = (body: string, result = 'number'): string =>
  `export function kind(state: 'on' | 'off' | 'dim'): ${result} {\n  switch (state) {\n${body}  }\n}\n`

const types: readonly Planted[] = [
  {
    gate: 'a union member that no case names',
    file: 'lib/http/switch.ts',
    rule: 'typescript(switch-exhaustiveness-check)',
    wrong: unionOf("    case 'on':\n      return 1\n    case 'off':\n      return 0\n", 'number | undefined'),
    right: unionOf("    case 'on':\n      return 1\n    default:\n      return 0\n"),
  },
  {
    gate: 'in the state machine, a default clause that takes in new members',
    file: 'lib/app/switch.ts',
    rule: 'typescript(switch-exhaustiveness-check)',
    wrong: unionOf("    case 'on':\n      return 1\n    default:\n      return 0\n"),
    right: unionOf("    case 'on':\n      return 1\n    case 'off':\n    case 'dim':\n      return 0\n"),
  },
  {
    gate: 'any',
    file: 'lib/aws/any.ts',
    rule: 'typescript(no-explicit-any)',
    wrong: 'export const value = (given: any): boolean => given === 1\n',
    right: 'export const value = (given: unknown): boolean => given === 1\n',
  },
  {
    gate: 'any that nobody wrote down',
    file: 'lib/aws/parsed.ts',
    rule: 'typescript(no-unsafe-return)',
    wrong: 'export const value = (text: string): string[] => JSON.parse(text)\n',
    right: 'export const value = (text: string): string[] => JSON.parse(text) as string[]\n',
  },
  {
    gate: 'a type error silenced',
    file: 'lib/aws/silenced.ts',
    rule: 'typescript(ban-ts-comment)',
    wrong: '// @ts-ignore\nexport const value = 1\n',
    right: 'export const value = 1\n',
  },
  {
    gate: 'a type imported as a value',
    file: 'lib/app/typed.ts',
    rule: 'typescript(consistent-type-imports)',
    wrong: "import { Value } from '../core/job/value.ts'\n\nexport const value: Value = 1\n",
    right: "import type { Value } from '../core/job/value.ts'\n\nexport const value: Value = 1\n",
  },
]

const ring = (other: string): string =>
  `import { ${other} } from './${other}.ts'\n\nexport const value = (): unknown => ${other}\n`

const shape: readonly Planted[] = [
  {
    gate: 'a default export',
    file: 'lib/aws/unnamed.ts',
    rule: 'import(no-default-export)',
    wrong: 'export default { value: 1 }\n',
    right: 'export const value = 1\n',
  },
  {
    gate: 'an import cycle',
    file: 'lib/app/ring.ts',
    rule: 'import(no-cycle)',
    wrong: ring('chain'),
    right: 'export const value = 1\n',
  },
  {
    gate: 'an import cycle of types',
    file: 'lib/app/type-ring.ts',
    rule: 'import(no-cycle)',
    wrong: "import type { Chained } from './type-chain.ts'\n\nexport type Value = Chained | 1\n",
    right: 'export type Value = 1\n',
  },
  {
    gate: 'a barrel',
    file: 'lib/aws/barrel.ts',
    rule: 'oxc(no-barrel-file)',
    wrong: "export * from '../core/job/value.ts'\n",
    right: "export { value } from '../core/job/value.ts'\n",
  },
  {
    gate: 'a file of 401 lines',
    file: 'lib/aws/long.ts',
    rule: 'eslint(max-lines)',
    wrong: `${'// why\n'.repeat(400)}export const value = 1\n`,
    right: `${'// why\n'.repeat(399)}export const value = 1\n`,
  },
  {
    gate: 'a function of 51 lines',
    file: 'lib/aws/long-function.ts',
    rule: 'eslint(max-lines-per-function)',
    wrong: `export function value(): number {\n${'  // why\n'.repeat(48)}  return 1\n}\n`.replace(
      '{\n',
      '{\n  // why\n',
    ),
    right: `export function value(): number {\n${'  // why\n'.repeat(47)}  return 1\n}\n`,
  },
]

const tests: readonly Planted[] = [
  {
    gate: 'a focused test',
    file: 'test/focused.test.ts',
    rule: 'vitest(no-focused-tests)',
    wrong: "import { expect, it } from 'vitest'\n\nit.only('adds', () => expect(1 + 1).toBe(2))\n",
    right: "import { expect, it } from 'vitest'\n\nit('adds', () => expect(1 + 1).toBe(2))\n",
  },
  {
    gate: 'a disabled test',
    file: 'test/disabled.test.ts',
    rule: 'vitest(no-disabled-tests)',
    wrong: "import { expect, it } from 'vitest'\n\nit.skip('adds', () => expect(1 + 1).toBe(2))\n",
    right: "import { expect, it } from 'vitest'\n\nit('adds', () => expect(1 + 1).toBe(2))\n",
  },
  {
    gate: 'a test without an assertion',
    file: 'test/idle.test.ts',
    rule: 'vitest(expect-expect)',
    wrong: "import { it } from 'vitest'\n\nit('adds', () => undefined)\n",
    right: "import { expect, it } from 'vitest'\n\nit('adds', () => expect(1 + 1).toBe(2))\n",
  },
]

export const planted: readonly Planted[] = [...boundaries, ...injected, ...promises, ...types, ...shape, ...tests]

const coreFloors = ['values', 'job', 'definition', 'transitions', 'decide'].map(floor => `core/${floor}`)

/** What both trees share: a value in each folder to import, and the far half of each ring. */
export const ground: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...coreFloors,
      'define',
      'ports',
      'app',
      'app/worker',
      'system',
      'aws',
      'aws/dynamodb',
      'lambda',
      'http',
      'http/schemas',
      'client',
      'testing',
      'dev',
      'cli',
      'dashboard',
      'dashboard/page',
      'bundle',
      'novel',
    ]
      .map(folder => `lib/${folder}/value.ts`)
      .concat('functions/jobs/value.ts', 'cdk/value.ts', 'cdk/access/value.ts', 'test/value.ts')
      .concat('lib/lambda/metrics.ts', 'lib/bundle/bundle.ts', 'lib/cli/program.ts')
      .map(path => [path, 'export const value = 1\n\nexport type Value = number\n']),
  ),
  'lib/app/chain.ts': "import { value } from './ring.ts'\n\nexport const chain = value\n",
  'lib/app/type-chain.ts': "import type { Value } from './type-ring.ts'\n\nexport type Chained = Value[]\n",
  // Settings of a tool may have a default export.
  'tool.config.ts': 'export default { value: 1 }\n',
}
