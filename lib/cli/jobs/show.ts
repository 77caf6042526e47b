/** `jobs show` and `jobs explain`. */
import type { Children, Explanation, JobRuns, JobSteps, JobView } from '../../client/lookup.ts'
import { isTerminal } from '../../core/job/job.ts'
import { pathOf } from '../api.ts'
import type { ArgumentSpec, Command } from '../command.ts'
import { paragraph, toned } from '../render.ts'
import { rememberIds, resolvedId } from '../shown-ids.ts'
import { explanationText, jobText } from './job-text.ts'

export const jobArgument: readonly ArgumentSpec[] = [
  { name: 'id', description: 'id of the job, or the end of one that was shown: 3f2a91' },
]

export const jobsShow: Command = {
  name: 'jobs show',
  summary: 'show a job with its runs, its steps, its input, and why it waits',
  details:
    'Shows all of a job: its state, its input and result, its steps, the runs that ended, and why it is not running.',
  arguments: jobArgument,
  options: [],
  examples: ['lamplighter jobs show 3f2a91', 'lamplighter jobs show 0198c0de-7b5e-7c3a-9d41-5a0e1b3f2a91 --json'],
  async run(call) {
    const { api, terminal, named } = call
    const id = await resolvedId(call, named['id'] ?? '')
    const path = pathOf`/v1/jobs/${id}`
    const [{ body: job }, { body: runs }, { body: steps }] = await Promise.all([
      api.request<JobView>('GET', path),
      api.request<JobRuns>('GET', `${path}/runs`),
      api.request<JobSteps>('GET', `${path}/steps`),
    ])
    await rememberIds(call, [job.id])
    const hasEnded = isTerminal(job.state)
    const explanation = hasEnded ? {} : { explanation: (await api.request<Explanation>('GET', `${path}/explain`)).body }
    const hasChildren = steps.steps.some(({ kind }) => kind === 'children')
    const children = hasChildren ? { children: (await api.request<Children>('GET', `${path}/children`)).body } : {}
    const shown = { job, runs, steps, ...explanation, ...children }
    return { exit: 'done', json: shown, text: page => jobText(page, shown, terminal.now()) }
  },
}

export const jobsExplain: Command = {
  name: 'jobs explain',
  summary: 'say why a job is not running',
  details: 'Says why a job is not running, until when, and what to do. The first reason decides.',
  arguments: jobArgument,
  options: [],
  examples: ['lamplighter jobs explain 3f2a91'],
  async run(call) {
    const { api, terminal, named } = call
    const id = await resolvedId(call, named['id'] ?? '')
    const { body } = await api.request<Explanation>('GET', pathOf`/v1/jobs/${id}/explain`)
    await rememberIds(call, [body.id])
    return {
      exit: 'done',
      json: body,
      text: page =>
        [
          toned(page, 'bold', paragraph(page, `${body.id} is ${body.state}`)),
          explanationText(page, body, terminal.now()),
        ].join('\n\n'),
    }
  },
}
