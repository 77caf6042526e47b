/** What people do with a schedule: pause, resume, run now, delete. */

import type { ScheduleView } from '../../client/schedules.ts'
import { pathOf } from '../api.ts'
import type { Command, Outcome } from '../command.ts'
import { paragraph } from '../render.ts'
import { confirmed, whenText } from '../words.ts'
import { allSchedules } from './look.ts'

const named = [{ name: 'name', description: 'name of the schedule' }] as const

const done = (json: unknown, line: string): Outcome => ({ exit: 'done', json, text: page => paragraph(page, line) })

export const schedulesPause: Command = {
  name: 'schedules pause',
  summary: 'pause a schedule',
  details: 'Pauses a schedule. What falls into the pause is not missed, and a deploy does not end it.',
  arguments: named,
  options: [],
  examples: ['lamplighter schedules pause daily-report'],
  async run({ api, named: { name = '' } }) {
    const { body } = await api.request<ScheduleView>('PATCH', pathOf`/v1/schedules/${name}`, {
      body: { paused: true },
    })
    return done(body, `${name} is paused.`)
  },
}

export const schedulesResume: Command = {
  name: 'schedules resume',
  summary: 'end the pause of a schedule',
  details: 'Ends the pause of a schedule: it fires what comes from now on.',
  arguments: named,
  options: [],
  examples: ['lamplighter schedules resume daily-report'],
  async run({ api, terminal, named: { name = '' } }) {
    const request = { body: { paused: false } }
    const { body } = await api.request<ScheduleView>('PATCH', pathOf`/v1/schedules/${name}`, request)
    const next = body.nextAt === undefined ? 'nothing is left to fire' : `next ${whenText(body.nextAt, terminal.now())}`
    return done(body, `${name} is ${body.status}: ${next}.`)
  },
}

export const schedulesRun: Command = {
  name: 'schedules run',
  summary: 'enqueue a job of a schedule now',
  details: 'Enqueues a job of a schedule now, also while it is paused. The rule about overlap holds.',
  arguments: named,
  options: [],
  examples: ['lamplighter schedules run daily-report'],
  async run({ api, named: { name = '' } }) {
    const { body } = await api.request<{ readonly id: string }>('POST', pathOf`/v1/schedules/${name}/run`)
    return done(body, `Enqueued ${body.id}.`)
  },
}

export const schedulesDelete: Command = {
  name: 'schedules delete',
  summary: 'delete a schedule that was made at run time',
  details: 'Deletes a schedule that was made at run time; those of the code leave with a deploy. Its jobs stay.',
  arguments: named,
  options: [{ flags: '--yes', description: 'do not ask' }],
  examples: ['lamplighter schedules delete launch --yes'],
  async run({ api, terminal, flags, named: { name = '' } }) {
    if (!(await confirmed(terminal, flags, `Delete the schedule ${name}?`))) return nothingDone
    await api.request('DELETE', pathOf`/v1/schedules/${name}`)
    return done({ name, deleted: true }, `${name} is deleted.`)
  },
}

const nothingDone: Outcome = {
  exit: 'notPossible',
  json: { deleted: 0 },
  text: page => paragraph(page, 'Nothing was deleted.'),
}

export const schedulesDeleteAll: Command = {
  name: 'schedules delete-all',
  summary: 'delete every schedule that was made at run time',
  details: 'Deletes every schedule that was made at run time. Those of the code stay, and so do all jobs.',
  options: [{ flags: '--yes', description: 'do not ask' }],
  examples: ['lamplighter schedules delete-all --yes'],
  async run({ api, terminal, flags }) {
    const schedules = await allSchedules(api)
    const [ours, kept] = [schedules.filter(({ owner }) => owner === 'api'), schedules.length]
    if (!(await confirmed(terminal, flags, `Delete ${ours.length} schedules that were made at run time?`))) {
      return nothingDone
    }
    for (const { name } of ours) await api.request('DELETE', pathOf`/v1/schedules/${name}`)
    const counts = { deleted: ours.length, ownedByCode: kept - ours.length }
    return done(counts, `${counts.deleted} deleted; ${counts.ownedByCode} belong to the code and stay.`)
  },
}
