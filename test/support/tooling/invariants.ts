/** Compares the invariants that code, tests and documents cite by number with those that docs/invariants.md defines. */

const numbers = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map(([, n = '']) => n)

/** The numbers that docs/invariants.md defines, each as a heading: `## I5 …`. */
export const definedIn = (document: string): readonly string[] => numbers(document, /^## (I\d+)\b/gm)

export const citedIn = (text: string): readonly string[] => [
  ...new Set(numbers(text, /(?<![\w-])(I[1-9]\d?)(?![\w-])/g)),
]

/** One line for each citation of a number that is not defined, and for each number that is defined twice. */
export function invariantFaults(document: string, texts: ReadonlyMap<string, string>): readonly string[] {
  const defined = definedIn(document)
  const cited = [...texts].flatMap(([path, text]) => citedIn(text).map(number => ({ path, number })))
  return [
    ...defined.filter((number, index) => defined.indexOf(number) !== index).map(number => `${number} is defined twice`),
    ...cited
      .filter(({ number }) => !defined.includes(number))
      .map(({ path, number }) => `${path} cites ${number}, which docs/invariants.md does not define`),
  ]
}
