import { loadSecretKeys, SecretRings } from '@iam/domain/secret-key'
import { keyWrapping, openKms } from '@iam/platform/kms'
import { every, type Closer } from '@iam/platform/lifecycle'
import { smtpMailer } from '@iam/platform/smtp'
import type { WorkerContext } from '../context.ts'
import { sendDueMails } from './send-due-mails.ts'

const interval = 1_000
const secretsInterval = 30_000

/** Starts sending mails. Addresses are sealed and links derived, so it waits until the secrets are there. */
export async function startMail(context: WorkerContext, closers: Closer[]): Promise<void> {
  const { config, db, clock, log } = context
  const { deployment } = config
  const mailer = smtpMailer(config.smtp)
  closers.push({ name: 'mailer', close: () => mailer.close() })
  const kms = await openKms({ endpoint: config.kms.endpoint })
  closers.push({ name: 'kms of mail', close: () => kms.close() })
  const secrets = new SecretRings()
  const wrapping = keyWrapping(kms, config.kms.wrapKey)
  const load = async (): Promise<void> => {
    const leftOut = await loadSecretKeys({ db, wrapping, deployment, secrets })
    for (const secret of leftOut) log.error(secret, 'A secret is not used: it was not wrapped for this')
  }
  const loading = every(secretsInterval, load, (err) => log.warn({ err }, 'The secrets could not be loaded'))
  loading.nudge()
  let stopping = false
  const isStopping = () => stopping
  const sending = every(
    interval,
    async () => {
      const { issuer } = deployment
      if (!secrets.isComplete(clock())) return
      await sendDueMails({ db, clock, secrets, issuer, mailer, log, isStopping })
    },
    (err) => log.warn({ err }, 'Mails could not be sent'),
  )
  closers.push(
    {
      name: 'mail',
      close: () => {
        stopping = true
        return sending.stop()
      },
    },
    { name: 'secrets of mail', close: () => loading.stop() },
  )
}
