import type { SecretRings } from '@iam/domain/secret-key'
import { every, type Closer } from '@iam/platform/lifecycle'
import { smtpMailer } from '@iam/platform/smtp'
import type { WorkerContext } from '../context.ts'
import { sendDueMails } from './send-due-mails.ts'

const interval = 1_000

/** Starts sending mails. Addresses are sealed and links derived, so it waits until the secrets are there. */
export function startMail(context: WorkerContext, secrets: SecretRings, closers: Closer[]): void {
  const { config, db, clock, log, metrics } = context
  const { deployment } = config
  const mailer = smtpMailer(config.smtp)
  closers.push({ name: 'mailer', close: () => mailer.close() })
  let stopping = false
  const isStopping = () => stopping
  const sending = every(
    interval,
    async () => {
      const { issuer } = deployment
      if (!secrets.isComplete(clock())) return
      await sendDueMails({ db, clock, secrets, issuer, mailer, log, metrics, isStopping })
    },
    (err) => log.warn({ err }, 'Mails could not be sent'),
  )
  closers.push({
    name: 'mail',
    close: () => {
      stopping = true
      return sending.stop()
    },
  })
}
