import type { Sim } from '../sim.ts'
import { failedSendsPulled, outcomesRecognised, placementsSent, putsRecognised, sameKeySameJob } from './answers.ts'
import { committedOnlyTogether, moneyConserved } from './bank.ts'
import type { Check, Finding } from './check.ts'
import { adoptedByContract, endsTidied, laterReleaseLeftAlone } from './contracts.ts'
import {
  batchesComplete,
  batchesFollowedOnce,
  batchesFollowedSoon,
  boundChildrenStop,
  groupsBeforeChildren,
  joinsNotEarly,
  setsTruthful,
} from './families.ts'
import { gateOfInput, limitKept, lineMovesAlone, lineMovesOn, nobodyLostInLine, queueLimitKept } from './gates.ts'
import {
  calmQueuesOnTime,
  calmQueuesWalked,
  crashesAlone,
  innocentsSpared,
  putsBeforeMessages,
  ticksHonest,
} from './isolation.ts'
import { everyJobEnds, fewMessages, fewWrites, purgedJobsEnd, staleMessagesStartNothing } from './messages.ts'
import { failureFollowed } from './on-failed.ts'
import {
  abortedDoesNotCount,
  heldOutcomesTaken,
  longWaitsLeaveTheQueue,
  timedOutOnlyInTime,
  timesAreNumbers,
} from './outcomes.ts'
import {
  cancelIsFinal,
  clocksAgreeEnough,
  effectsAccounted,
  endsAbsorb,
  oneHandlerAtWork,
  oneUnexpiredOwner,
  ownersWritesOnly,
} from './ownership.ts'
import { pausedStartsNothing } from './pauses.ts'
import { noSlotWasted, rateKept, rateOfQueueKnown, slotsMet } from './rates.ts'
import { everyOccurrenceFired, noneEarly, occurrencesRight, overlapKept, registeredAndOnTime } from './schedules.ts'
import { atIsBounded, attemptsCounted, chargedAttemptsRun, noResurrection, rowWhileLive } from './shape.ts'
import { startedInTime } from './start-by.ts'
import { tenantsTold } from './tenants.ts'
import { isolated, neverForgotten, onTime, retryTimes } from './timing.ts'
import { eachNextBegins, onlyWaitingReplaced } from './unique.ts'
import { urgentFirst, windowMovesOn } from './windows.ts'
import {
  bookedOnce,
  cellsStable,
  endedByItsBounds,
  noSignalSlept,
  restsAreNoAttempts,
  stepsMadeOnce,
} from './workflows.ts'

/** In the order in which a broken one is blamed. */
export const allChecks: readonly Check[] = [
  oneUnexpiredOwner,
  ownersWritesOnly,
  oneHandlerAtWork,
  limitKept,
  queueLimitKept,
  gateOfInput,
  rateKept,
  rateOfQueueKnown,
  slotsMet,
  effectsAccounted,
  moneyConserved,
  committedOnlyTogether,
  endsAbsorb,
  laterReleaseLeftAlone,
  adoptedByContract,
  cancelIsFinal,
  rowWhileLive,
  attemptsCounted,
  chargedAttemptsRun,
  retryTimes,
  timesAreNumbers,
  timedOutOnlyInTime,
  abortedDoesNotCount,
  heldOutcomesTaken,
  outcomesRecognised,
  putsRecognised,
  placementsSent,
  atIsBounded,
  failedSendsPulled,
  onTime,
  neverForgotten,
  fewMessages,
  fewWrites,
  staleMessagesStartNothing,
  purgedJobsEnd,
  noResurrection,
  clocksAgreeEnough,
  isolated,
  crashesAlone,
  innocentsSpared,
  calmQueuesWalked,
  calmQueuesOnTime,
  ticksHonest,
  putsBeforeMessages,
  longWaitsLeaveTheQueue,
  sameKeySameJob,
  endsTidied,
  everyJobEnds,
  occurrencesRight,
  noneEarly,
  overlapKept,
  everyOccurrenceFired,
  registeredAndOnTime,
  startedInTime,
  pausedStartsNothing,
  tenantsTold,
  nobodyLostInLine,
  lineMovesOn,
  lineMovesAlone,
  windowMovesOn,
  urgentFirst,
  noSlotWasted,
  eachNextBegins,
  onlyWaitingReplaced,
  cellsStable,
  stepsMadeOnce,
  bookedOnce,
  noSignalSlept,
  restsAreNoAttempts,
  endedByItsBounds,
  failureFollowed,
  joinsNotEarly,
  groupsBeforeChildren,
  batchesComplete,
  batchesFollowedSoon,
  batchesFollowedOnce,
  setsTruthful,
  boundChildrenStop,
]

/** I17 and I18 are checked when the recorder has seen everything: see records.ts. */

/** Lets every check look wherever it wants to. */
export function startChecks(sim: Sim): { atEnd(): void } {
  const looking = allChecks.map(check => ({ check, looks: check.looks(sim) }))
  const report = (check: Check, finding: Finding): void => {
    if (finding !== undefined) sim.violate(check.invariant, finding)
  }
  const all = <Name extends keyof (typeof looking)[number]['looks']>(name: Name) =>
    looking.flatMap(({ check, looks }) => {
      const look = looks[name]
      return look === undefined ? [] : [{ check, look }]
    })
  const { facts } = sim
  const [wrote, told, scheduled] = [all('wrote'), all('told'), all('scheduled')]
  sim.watchers.push({
    wrote: write => wrote.forEach(({ check, look }) => report(check, look(write))),
    scheduled: write => scheduled.forEach(({ check, look }) => report(check, look(write))),
    told: (proc, event) => told.forEach(({ check, look }) => report(check, look(proc, event))),
  })
  const handler = all('handler')
  facts.onHandler = (run, ctx) => handler.forEach(({ check, look }) => report(check, look(run, ctx)))
  const batchEnded = all('batchEnded')
  facts.onBatchEnd = worker => batchEnded.forEach(({ check, look }) => report(check, look(worker)))
  const clientEnded = all('clientEnded')
  facts.onClientEnd = (client, outcomes) =>
    clientEnded.forEach(({ check, look }) => report(check, look(client, outcomes)))
  const placerEnded = all('placerEnded')
  facts.onPlacerEnd = placer => placerEnded.forEach(({ check, look }) => report(check, look(placer)))
  const sent = all('sent')
  facts.onSend = job => sent.forEach(({ check, look }) => report(check, look(job)))
  const aborted = all('aborted')
  facts.onAbort = (run, reason) => aborted.forEach(({ check, look }) => report(check, look(run, reason)))
  const takedown = all('takedown')
  facts.onTakedown = (worker, run) => takedown.forEach(({ check, look }) => report(check, look(worker, run)))
  const [everyMinute, eachMinute] = [all('everyMinute'), all('eachMinute')]
  lookEachMinute(sim, () => {
    everyMinute.forEach(({ check, look }) => report(check, look()))
    if (sim.isQuiet) eachMinute.forEach(({ check, look }) => report(check, look()))
  })
  return { atEnd: () => all('atEnd').forEach(({ check, look }) => report(check, look())) }
}

function lookEachMinute(sim: Sim, look: () => void): void {
  const minute = (): void => {
    look()
    sim.loop.after(60_000, minute)
  }
  sim.loop.after(60_000, minute)
}
