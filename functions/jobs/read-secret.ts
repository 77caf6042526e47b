import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

let client: SecretsManagerClient | undefined

/**
 * The current text of a secret in AWS Secrets Manager, by ARN or name. Needs `secretsmanager:GetSecretValue`.
 * @throws Error with the name of what went wrong, such as AccessDeniedException; never with the secret
 */
export async function readSecret(name: string): Promise<string> {
  // Made at the first delivery: workers of other queues load this module, too.
  client ??= new SecretsManagerClient({
    maxAttempts: 2,
    // The whole delivery has 20 s.
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  })
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name })).catch((thrown: unknown) => {
    const reason = thrown instanceof Error ? thrown.name : 'unknown error'
    throw new Error(`the webhook key could not be read: ${reason}`, { cause: thrown })
  })
  if (SecretString === undefined) throw new Error('the webhook key could not be read: the secret is not text')
  return SecretString
}
