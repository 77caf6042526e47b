import { Match, type Template } from 'aws-cdk-lib/assertions'

export interface Resource {
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
}

export const allOf = (template: Template, type: string): readonly Resource[] =>
  Object.values(template.findResources(type) as Readonly<Record<string, Resource>>)

/** @throws Error unless exactly one resource of the type has these properties */
export function onlyOne(template: Template, type: string, properties: object): Resource {
  const found = Object.values(template.findResources(type, { Properties: properties }) as Record<string, Resource>)
  const [first] = found
  if (first === undefined || found.length > 1) throw new Error(`${found.length} resources of ${type} fit`)
  return first
}

/** The ARN of a resource whose logical id begins like this. */
export const named = (start: string): object => ({ 'Fn::GetAtt': [Match.stringLikeRegexp(`^${start}`), 'Arn'] })
