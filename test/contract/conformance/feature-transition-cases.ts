/** Transitions of jobs that ask for more than a plain one: a gate, a unique key, steps. */
import { failedCases } from './failed-transition-cases.ts'
import { gateCases } from './gate-transition-cases.ts'
import type { TransitionCase } from './transition-case.ts'
import { uniqueCases } from './unique-transition-cases.ts'
import { workflowCases } from './workflow-transition-cases.ts'

export const featureCases: readonly TransitionCase[] = [...gateCases, ...uniqueCases, ...workflowCases, ...failedCases]
