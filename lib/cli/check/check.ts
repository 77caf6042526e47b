import { findModules } from '../../bundle/find-modules.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import type { Command } from '../command.ts'
import { checkApplication } from './report.ts'
import { reportText } from './report-text.ts'

export const check: Command = {
  name: 'check',
  summary: 'check what would be deployed, without AWS and without the CDK',
  details:
    'Bundles the functions and loads the worker as synth does: as Lambda would, without credentials. ' +
    'Exit code 1 if it would not deploy.',
  options: [
    {
      flags: '--handlers <file>',
      description: 'module that exports `handlers` (default: that of package.json, src/handlers.ts, handlers.ts)',
    },
    { flags: '--runner <file>', description: 'module that exports `runner` (default: jobs beside the handlers)' },
    { flags: '--external <packages>', description: 'packages that a layer brings, separated by commas: sharp,canvas' },
  ],
  examples: ['lamplighter check', 'lamplighter check --handlers app/handlers.ts --runner app/jobs.ts --json'],
  async run({ given, terminal: { folder } }) {
    const { handlers, runner, external } = given
    const packages = external === undefined ? [] : packagesIn('--external', external)
    const found = findModules(folder, { handlers, runner })
    const report = await checkApplication({ handlers: found.handlers, runner: found.runner }, { external: packages })
    const ok = report.problems.length === 0
    return {
      exit: ok ? 'done' : 'notPossible',
      json: { ok, ...report },
      text: page => reportText(page, report, folder),
    }
  },
}

/** @throws InvalidInput for an empty name */
function packagesIn(option: string, text: string): string[] {
  const names = text.split(',').map(name => name.trim())
  if (names.includes('')) throw new InvalidInput(option, text, 'names of packages, separated by commas')
  return names
}
