/** The tables that name other systems' calls and behaviours are true: our calls exist, and so do the tests that show them. */
import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { object } from 'valibot'
import { describe, expect, it } from 'vitest'
import { program } from '../../../lib/cli/commands.ts'
import { clientOn } from '../../../lib/client/client.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { routes } from '../../../lib/http/routes/all.ts'
import { createTestRunner } from '../../../lib/testing.ts'
import { type Known, parityFaults, parityRows } from './parity.ts'
import { filesIn, repository, textOf } from './sources.ts'

const documents = filesIn('docs').filter(path => path.endsWith('.md') && textOf(path).includes('<!-- parity -->'))

/** Every function below the client, by its path. */
function callsOf(value: object, prefix = ''): readonly string[] {
  return Object.entries(value).flatMap(([name, member]) => {
    if (typeof member === 'function') return [`${prefix}${name}`]
    return typeof member === 'object' && member !== null ? callsOf(member as object, `${prefix}${name}.`) : []
  })
}

function here(): Known {
  const runner = defineRunner({ jobs: [defineJob({ type: 'work', input: object({}) })] })
  const { deps } = createTestRunner({ runner, handlers: [], partial: true })
  const declared = new Set(
    filesIn('lib', 'cdk')
      .filter(path => path.endsWith('.ts'))
      .flatMap(path => [
        ...[...textOf(path).matchAll(/\breadonly (\w+)\??:/g)].map(([, name = '']) => name),
        ...[...textOf(path).matchAll(/\b(?:class|function|const) (\w+)/g)].map(([, name = '']) => name),
      ]),
  )
  return {
    clientCalls: new Set(callsOf(clientOn(deps, { table: 't', records: 'r' }))),
    routes: new Set(routes.map(({ method, path }) => `${method} ${path}`)),
    commands: new Set(program.commands.map(({ name }) => name)),
    isDeclared: name => declared.has(name) || name === 'ctx' || name === 'true' || name === 'false',
    textOf: path => (existsSync(posix.join(repository, path)) ? textOf(path) : undefined),
  }
}

const known = here()

describe('tables of parity', () => {
  it.each(documents)('%s: each call of ours and each test exists', path => {
    const rows = parityRows(textOf(path))
    expect(rows.length).toBeGreaterThan(10)
    expect(parityFaults(path, rows, known)).toEqual([])
  })

  it.each([
    ['docs/coming-from/exq.md', 'lib/exq/api.ex and lib/exq.ex of exq 0.23', exqCalls()],
    ['docs/coming-from/bildad.md', 'job_engine.ex and jobs.ex of bildad 1.0.9', bildadCalls()],
  ])('%s has each call of %s', (path, _, calls) => {
    const named = parityRows(textOf(path)).flatMap(({ theirs }) =>
      [...theirs.matchAll(/`(\w+)/g)].map(([, name]) => name),
    )
    expect(calls.filter(call => !named.includes(call))).toEqual([])
  })
})

describe('the gate', () => {
  const own: Known = {
    clientCalls: new Set(['list', 'queues.pause']),
    routes: new Set(['GET /v1/jobs/{id}']),
    commands: new Set(['jobs list']),
    isDeclared: name => name === 'maxAttempts',
    textOf: path =>
      path === 'test/a.test.ts'
        ? "it('lists', async () => {})\nit.each(cases)('lists %s', one => {})\nit(\n  'it\\'s late',\n  () => {}, 5)"
        : undefined,
  }
  const faultsOf = (...rows: readonly string[]) => {
    const table = ['| theirs | ours | shown by |', '| --- | --- | --- |', ...rows].join('\n')
    const document = `# A\n<!-- parity -->\n${table}\n<!-- end of parity -->\n| \`no\` | row | of it |`
    return parityFaults('docs/a.md', parityRows(document), own)
  }
  const shown = '[lists](../test/a.test.ts)'

  it('passes what is there, and what has a reason', () => {
    const faults = faultsOf(
      `| \`jobs/1\` | \`client.list({ a: 1 })\`, \`GET /v1/jobs/{id}?a=b\` | ${shown} |`,
      "| `all` | `lamplighter jobs list --all` | [lists %s](../test/a.test.ts), [it's late](../test/a.test.ts) |",
      `| \`tries\` | \`maxAttempts\`, \`client.queues.pause\` | ${shown} |`,
      '| `nodes` | – | there are no nodes |',
    )
    expect(faults).toEqual([])
  })

  it.each([
    ['a call of the client', `| \`a\` | \`client.gone\` | ${shown} |`, 'there is no client.gone'],
    ['a route', `| \`a\` | \`POST /v1/jobs/{id}\` | ${shown} |`, 'there is no POST /v1/jobs/{id}'],
    ['a command', `| \`a\` | \`lamplighter jobs\` | ${shown} |`, 'there is no lamplighter jobs'],
    ['an option', `| \`a\` | \`tries\` | ${shown} |`, 'there is no tries'],
    ['a test file', '| `a` | `client.list` | [lists](../test/b.test.ts) |', 'there is no test/b.test.ts'],
    ['a test', '| `a` | `client.list` | [finds](../test/a.test.ts) |', 'test/a.test.ts has no test ‘finds’'],
    ['a row without a test', '| `a` | `client.list` | it works |', 'no test is named'],
    ['a row without a reason', '| `a` | – | – |', 'neither a call of ours nor a reason'],
  ])('finds %s that is not there', (_, row, fault) => {
    expect(faultsOf(row)).toEqual([`docs/a.md, \`a\`: ${fault}`])
  })
})

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

function exqCalls(): readonly string[] {
  const lists = ['failed', 'retry', 'scheduled'].flatMap(kind =>
    words(`find_${kind} remove_${kind} remove_${kind}_jobs dequeue_${kind}_jobs ${kind}_size`),
  )
  return words(`
    enqueue enqueue_at enqueue_in enqueue_all worker_job
    subscriptions subscribe unsubscribe unsubscribe_all
    queues queue_size remove_queue remove_enqueued_jobs jobs find_job remove_job
    busy nodes processes clear_processes send_signal
    failed retries scheduled scheduled_with_scores clear_failed clear_retries clear_scheduled
    retry_job stats realtime_stats ${lists.join(' ')}
  `)
}

function bildadCalls(): readonly string[] {
  return words(`
    enqueue_job enqueue_job_and_trigger_engine enqueue_and_run_job run_job_engine run_a_job
    remove_job_from_queue stop_job_in_queue kill_a_job expire_a_job fail_a_job complete_a_job
    get_counts get_retry_count validate_job_context launch_job_process
    list_job_templates list_all_job_templates list_active_job_templates list_inactive_job_templates
    create_job_template update_job_template delete_job_template
    list_job_runs_for_identifier list_job_runs_to_kill list_expired_jobs list_job_runs_for_result
    list_all_job_runs get_number_of_job_runs get_job_queue_entry_for_identifier
    list_jobs_to_run_in_the_queue list_running_jobs_in_the_queue list_jobs_for_status_in_the_queue
    list_all_jobs_in_the_queue get_number_of_jobs_in_the_queue get_queue_position_for_job_run_identifier
  `)
}
