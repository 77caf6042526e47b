/** What workers load late. Here it is there from the start: under a virtual clock time would move on meanwhile. */
// oxlint-disable import/no-unassigned-import -- they are loaded, and asked for later
import '../app/enqueue/place-unique.ts'
import '../app/gates/window.ts'
import '../app/on-failed.ts'
import '../app/operate/limit-queue.ts'
import '../app/worker/start-at-gate.ts'
import '../app/workflow/cancel-children.ts'
import '../app/workflow/continue-as-new.ts'
import '../app/workflow/family.ts'
import '../app/workflow/run-steps.ts'
