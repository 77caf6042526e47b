import { configDefaults, defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The tests of core alone come first: most mutants end there, and the first failed test ends a mutant. */
class CoreFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): string =>
      (moduleId.includes('/test/unit/core/') ? '0' : '1') + moduleId
    return files.toSorted((a, b) => (place(a) < place(b) ? -1 : 1))
  }
}

/** Tests for `npm run mutate`: pure ones only, because each runs once for every mutant that it reaches. */
export default defineConfig({
  test: {
    include: [
      'test/unit/core/**/*.test.ts',
      'test/contract/conformance/cases.test.ts',
      'test/unit/aws/dynamodb/{item,render}.test.ts',
    ],
    // Calls every transition while it is loaded. For such a mutant all tests would have to run, each in a fresh process.
    exclude: [...configDefaults.exclude, 'test/unit/core/transitions/transition-docs.test.ts'],
    setupFiles: ['test/support/tooling/fixed-seed.ts'],
    sequence: { sequencer: CoreFirst },
    isolate: false,
  },
})
