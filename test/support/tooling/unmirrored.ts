import type { Unmirrored } from './mirror.ts'

/**
 * The files of lib without a test of their own name under test/unit, and why. A file belongs here when a test of a
 * whole part says more than one of the file alone, or when nothing in it runs.
 */
export const unmirrored: Unmirrored = {
  typesOnly: [
    'lib/cli/command.ts',
    'lib/core/definition/contract.ts',
    'lib/core/definition/run-context.ts',
    'lib/dev/lambda/protocol.ts',
    'lib/ports/clock.ts',
    'lib/ports/deps.ts',
    'lib/ports/events.ts',
    'lib/ports/job-queue.ts',
    'lib/ports/job-scan.ts',
    'lib/ports/job-store.ts',
    'lib/ports/random.ts',
    'lib/ports/record-store.ts',
    'lib/ports/telemetry.ts',
  ],
  coveredBy: {
    // Commands: what they print and how they exit, on a terminal that remembers.
    'test/unit/cli/check/check.test.ts': ['lib/cli/check/report.ts', 'lib/cli/check/report-text.ts'],
    'test/unit/cli/program.test.ts': ['lib/cli/commands.ts'],
    'test/unit/cli/schedules/preview.test.ts': ['lib/cli/schedules/preview-text.ts'],
    // Use cases: what they do together is a story, told on the whole runner in memory.
    'test/behaviour/enqueue.test.ts': [
      'lib/app/check-input.ts',
      'lib/app/enqueue/prepare.ts',
      'lib/app/operate/job-view.ts',
      'lib/app/tokens.ts',
    ],
    'test/behaviour/depth.test.ts': ['lib/app/chain-depth.ts'],
    'test/behaviour/ambiguous.test.ts': [
      'lib/app/enqueue/enqueue.ts',
      'lib/app/send.ts',
      'lib/core/transitions/own-write.ts',
      'lib/testing/seeded-random.ts',
    ],
    'test/behaviour/manage.test.ts': ['lib/app/operate/operate.ts', 'lib/client/client.ts'],
    'test/behaviour/sweep.test.ts': [
      'lib/app/sweeper/handle-due.ts',
      'lib/app/sweeper/resend-all.ts',
      'lib/app/sweeper/start-available.ts',
      'lib/app/sweeper/tick.ts',
    ],
    'test/behaviour/reconcile.test.ts': ['lib/app/sweeper/reconcile.ts'],
    'test/behaviour/crash.test.ts': [
      'lib/app/worker/start-job.ts',
      'lib/core/transitions/guards.ts',
      'lib/testing/memory-job-queue.ts',
    ],
    'test/behaviour/life-of-a-job.test.ts': ['lib/app/worker/run-handler.ts', 'lib/app/worker/record-outcome.ts'],
    'test/behaviour/time.test.ts': [
      'lib/app/worker/run-batch.ts',
      'lib/app/worker/run-job.ts',
      'lib/app/worker/run-lease.ts',
      'lib/app/worker/run.ts',
    ],
    'test/behaviour/walk.test.ts': ['lib/app/sweeper/walk.ts'],
    'test/behaviour/contract-followed.test.ts': ['lib/core/decide/forgotten-job.ts', 'lib/core/definition/home.ts'],
    'test/behaviour/waiting.test.ts': ['lib/app/worker/leave-message.ts'],
    // Records: one case table runs each change on every store.
    'test/unit/aws/dynamodb/record-store.test.ts': [
      'lib/aws/dynamodb/conflicts.ts',
      'lib/aws/dynamodb/record-access.ts',
      'lib/aws/dynamodb/record-item.ts',
      'lib/aws/dynamodb/record-key.ts',
      'lib/aws/dynamodb/record-queries.ts',
      'lib/aws/dynamodb/record-render.ts',
      'lib/aws/dynamodb/transact.ts',
    ],
    'test/unit/app/control.test.ts': ['lib/core/records/control.ts'],
    // The command line: what counts is what it prints.
    'test/unit/cli/check/check.test.ts': ['lib/cli/check/report-text.ts', 'lib/cli/check/report.ts'],
    'test/unit/cli/program.test.ts': ['lib/cli/command.ts', 'lib/cli/commands.ts'],
    'test/unit/cli/schedules/preview.test.ts': ['lib/cli/schedules/preview-text.ts'],
    'test/unit/lambda/functions.test.ts': [
      'lib/lambda/api.ts',
      'lib/lambda/dispatch-records.ts',
      'lib/lambda/dispatcher.ts',
      'lib/lambda/lambda-handler.ts',
      'lib/lambda/sweeper.ts',
      'lib/lambda/unhandled-rejections.ts',
      'lib/lambda/worker.ts',
    ],
    'test/unit/lambda/telemetry.test.ts': [
      'lib/lambda/job-events.ts',
      'lib/lambda/log-format.ts',
      'lib/lambda/metric-totals.ts',
      'lib/lambda/metrics.ts',
      'lib/lambda/service-metrics.ts',
    ],
    // Transitions: one case table runs each on every engine.
    'test/contract/conformance/cases.test.ts': [
      'lib/core/transitions/adopt.ts',
      'lib/core/transitions/delete.ts',
      'lib/core/transitions/recover.ts',
      'lib/core/transitions/requeue.ts',
      'lib/core/transitions/start.ts',
    ],
    'test/unit/core/transitions/finish.test.ts': ['lib/core/transitions/ends.ts'],
    'test/contract/conformance/dynoxide.test.ts': [
      'lib/aws/aws-error.ts',
      'lib/aws/dynamodb/read-items.ts',
      'lib/aws/dynamodb/scan-items.ts',
      'lib/aws/dynamodb/send-writes.ts',
      'lib/aws/dynamodb/write-all.ts',
      'lib/dev/engines/dynoxide.ts',
    ],
    'test/contract/conformance/fauxqs.test.ts': ['lib/dev/engines/fauxqs.ts'],
    'test/contract/conformance/memory.test.ts': [
      'lib/core/records/change.ts',
      'lib/core/records/record.ts',
      'lib/testing/check-item.ts',
      'lib/testing/encoded.ts',
      'lib/testing/memory-change.ts',
      'lib/testing/memory-record-store.ts',
      'lib/testing/memory-transactions.ts',
      'lib/testing/memory-job-store.ts',
      'lib/testing/virtual-clock.ts',
    ],
    'test/unit/aws/clients.test.ts': ['lib/aws/connect.ts'],
    'test/unit/aws/dynamodb/create-table.test.ts': ['lib/aws/dynamodb/table.ts'],
    'test/unit/aws/dynamodb/item-bytes.test.ts': ['lib/core/job/item-size.ts', 'lib/testing/item-bytes.ts'],
    // Bundling: what matters is the bundle and what the probe says of it.
    'test/unit/bundle/check-worker.test.ts': [
      'lib/bundle/bundle.ts',
      'lib/bundle/entries.ts',
      'lib/bundle/probe-report.ts',
      'lib/bundle/probe.ts',
    ],
    'test/support/tooling/bundles.test.ts': ['lib/bundle/bundling.ts'],
    // Schedules: parts of one grammar, tested through it.
    'test/unit/core/schedule/parse.test.ts': [
      'lib/core/schedule/cron-fields.ts',
      'lib/core/schedule/read-cron.ts',
      'lib/core/schedule/read-part.ts',
    ],
    'test/unit/core/schedule/describe.test.ts': [
      'lib/core/schedule/describe-days.ts',
      'lib/core/schedule/describe-when.ts',
      'lib/core/schedule/words.ts',
    ],
    'test/unit/core/schedule/check-schedule.test.ts': [
      'lib/core/job/enqueue-options.ts',
      'lib/core/schedule/check-when.ts',
      'lib/core/schedule/definition.ts',
    ],
    'test/unit/core/schedule/next.test.ts': ['lib/core/schedule/calendar.ts'],
    'test/unit/core/schedule/occurrences.test.ts': ['lib/core/schedule/definition-hash.ts'],
    'test/unit/core/schedule/time-zone.test.ts': ['lib/core/schedule/clock-changes.ts'],
    'test/unit/core/values/quotas.test.ts': ['lib/core/values/times.ts'],
    'test/unit/define/define-job.test.ts': ['lib/define/define-runner.ts'],
    'test/unit/core/definition/check-handlers.test.ts': ['lib/define/handle.ts'],
    // The local stack: what counts is that it runs jobs.
    'test/unit/dev/dev-stack.test.ts': [
      'lib/dev/engines/engines.ts',
      'lib/dev/resend-all.ts',
      'lib/dev/sources/event-sources.ts',
      'lib/dev/stack-error.ts',
    ],
    'test/unit/dev/lambda/function-pool.test.ts': ['lib/dev/lambda/sandbox.ts'],
    'test/unit/dev/sources/stream-mapping.test.ts': [
      'lib/dev/sources/event-pattern.ts',
      'lib/dev/sources/stream-event.ts',
    ],
    'test/unit/dev/terminal/change-line.test.ts': ['lib/dev/terminal/state-change.ts'],
    'test/unit/http/problem.test.ts': ['lib/http/errors.ts', 'lib/http/json-response.ts'],
    'test/unit/system/system.test.ts': ['lib/system/clock.ts', 'lib/system/random.ts'],
    'test/types/define-job.test-d.ts': ['lib/index.ts'],
    'test/unit/testing/test-runner.test.ts': ['lib/testing.ts'],
  },
  loadedByPath: {
    'lib/bundle/no-profile-credentials.ts': 'test/support/tooling/bundles.test.ts',
    'lib/bundle/probe-program.ts': 'test/unit/bundle/check-worker.test.ts',
    'lib/dev/engines/supervisor-process.ts': 'test/unit/dev/engines/supervisor.test.ts',
    'lib/dev/lambda/function-host.ts': 'test/unit/dev/lambda/function-pool.test.ts',
    'lib/lambda.ts': 'test/system/package/consumers.test.ts',
    'lib/lambda/reconciler.ts': 'test/unit/dev/dev-stack.test.ts',
  },
}
