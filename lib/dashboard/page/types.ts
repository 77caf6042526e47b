/** Answers of the API, as its own schemas describe them: types alone, of which nothing reaches the browser. */
import type { InferOutput } from 'valibot'
import type { bulk } from '../../http/schemas/bulk.ts'
import type { job, jobSummary } from '../../http/schemas/job.ts'
import type {
  changes,
  childPage,
  errorGroup,
  explanation,
  gate,
  gateWithLine,
  jobType,
  overview,
  queue,
  run,
  stats,
  step,
} from '../../http/schemas/lookup.ts'
import type { occurrence, preview, schedule } from '../../http/schemas/schedule.ts'

export type JobShown = InferOutput<typeof job>
export type BulkShown = InferOutput<typeof bulk>
export type JobListed = InferOutput<typeof jobSummary>
export type QueueShown = InferOutput<typeof queue>
export type RunShown = InferOutput<typeof run>
export type StepDone = InferOutput<typeof step>
export type ChildrenShown = InferOutput<typeof childPage>
export type ChildShown = ChildrenShown['children'][number]
export type ExplanationShown = InferOutput<typeof explanation>
export type GateShown = InferOutput<typeof gate>
export type GateWithLineShown = InferOutput<typeof gateWithLine>
export type GroupShown = InferOutput<typeof errorGroup>
export type OccurrenceShown = InferOutput<typeof occurrence>
export type PreviewShown = InferOutput<typeof preview>
export type ScheduleShown = InferOutput<typeof schedule>
export type OverviewShown = InferOutput<typeof overview>
export type ChangesShown = InferOutput<typeof changes>
export type ChangeShown = ChangesShown['changes'][number]
export type StatsShown = InferOutput<typeof stats>
export type TypeShown = InferOutput<typeof jobType>

/** Where people sign in, where the page is hosted. */
export interface OidcSettings {
  readonly issuer: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly parameters: Readonly<Record<string, string>>
}
