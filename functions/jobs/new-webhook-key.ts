/** Prints a new pair of keys for webhooks: `npm run webhook:key`. */
import { newWebhookKeys } from './webhook-signature.ts'

const { privateKey, publicKey } = newWebhookKeys()
process.stdout.write(`private key, for the secret in Secrets Manager: ${privateKey}
public key, for the receivers:                 ${publicKey}
`)
