import { expect, it } from 'vitest'
import { checkHandlers } from '../../../../lib/core/definition/check-handlers.ts'
import type { JobHandler } from '../../../../lib/core/definition/run-hooks.ts'
import { defineJob } from '../../../../lib/define/define-job.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'
import { handle } from '../../../../lib/define/handle.ts'
import { anything } from '../../bundle/anything.ts'

const define = (type: string) => defineJob({ type, input: anything })
const [mail, report] = [define('mail'), define('report')]
const runner = defineRunner({ jobs: [mail, report] })
const of = (contract: typeof mail): JobHandler => handle(contract, () => 1)

it('takes a handler for each contract of the runner, and fewer', () => {
  expect(() => checkHandlers(runner, [of(mail), of(report)])).not.toThrow()
  expect(() => checkHandlers(runner, [])).not.toThrow()
})

it.each<[string, unknown, RegExp]>([
  ['two for one type', [of(mail), of(mail)], /^there are two handlers for job type 'mail'$/],
  [
    'one of a type that the runner does not list',
    [of(define('other'))],
    /^there is a handler for job type 'other', which the runner does not list; listed: mail, report$/,
  ],
  [
    'one with a name of every object',
    [of(define('toString'))],
    /^there is a handler for job type 'toString', which the runner does not list/,
  ],
  [
    'one of another copy of the contract',
    [of(define('mail'))],
    /^runner and handlers hold two copies of the contract of job type 'mail': they import it from two files/,
  ],
  ['no list', { mail: 1 }, /^handlers is \{"mail":1\}; allowed: a list of what handle\(\) returns$/],
  ['no list at all', undefined, /^handlers is undefined; allowed: a list/],
  ['a contract without a handler', [mail], /^handlers\[0\] is .*; allowed: what handle\(\) returns$/],
  ['nothing in the list', [undefined], /^handlers\[0\] is undefined; allowed: what handle\(\) returns$/],
])('refuses %s', (_, handlers, message) => {
  expect(() => checkHandlers(runner, handlers as readonly JobHandler[])).toThrow(message)
})
