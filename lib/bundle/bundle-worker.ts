import { type Bundle, type BundlingOptions, bundle } from './bundle.ts'
import { type Modules, workerEntry } from './entries.ts'

/**
 * The bundle of a worker: what is deployed, and what the probe and `lamplighter check` look into.
 * @throws InvalidDefinition with esbuild's own words when it cannot be bundled
 */
export const bundleWorker = (modules: Modules, options: BundlingOptions = {}): Bundle =>
  bundle('worker', workerEntry(modules), options)
