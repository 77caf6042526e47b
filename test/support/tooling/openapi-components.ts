/** Schemas that the OpenAPI document states once, by name. */
import { job, jobError, jobSummary, state } from '../../../lib/http/schemas/job.ts'
import { problem } from '../../../lib/http/schemas/problem.ts'
import { previewRow, schedule } from '../../../lib/http/schemas/schedule.ts'

export const components = {
  Problem: problem,
  JobState: state,
  JobError: jobError,
  Job: job,
  JobSummary: jobSummary,
  PreviewRow: previewRow,
  Schedule: schedule,
}
