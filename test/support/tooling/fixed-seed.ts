/** Property tests of `npm run mutate` draw the same values each time, so that two runs give one score. */
import fc from 'fast-check'

fc.configureGlobal({ seed: 20_261_122, endOnFailure: true })
