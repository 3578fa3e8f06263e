import { runCommand } from '../machine/run-command.ts'
import type { Anchors, Environment } from './environment.ts'
import type { Account } from './set-up.ts'

/** The operator command, as the stack runs it: where it is and with which environment. */
export interface OperatorCommand {
  path: string
  env: Environment
}

/** What `bootstrap` says. */
export interface Bootstrapped {
  anchors: Anchors
  /** The first run makes the operator and shows the password; later ones do not know it. */
  operator: Account | undefined
}

const demo = { slug: 'demo', name: 'Demo', email: 'ada@demo.example' }

/** Brings the schema up to date. Data of a state of the checkout that was never released cannot be brought there. */
export async function migrate(command: OperatorCommand): Promise<void> {
  try {
    await run(command, ['migrate'])
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('corrupted migrations')) throw error
    const why = 'The data here were made with other migrations than this checkout has: '
    throw new Error(`${why}run npm start -- --reset to begin with empty data.\n${error.message}`, {
      cause: error,
    })
  }
}

/** Makes what an empty deployment needs (keys, system tenant, operator), or finds it made. */
export async function bootstrap(command: OperatorCommand): Promise<Bootstrapped> {
  const said = await run(command, ['bootstrap', '--json'])
  const { anchors, operator } = JSON.parse(said) as { anchors: Anchors; operator?: Partial<Account> }
  const { email, password } = operator ?? {}
  const account = email === undefined || password === undefined ? undefined : { email, password }
  return { anchors, operator: account }
}

/** Makes the tenant to try things with. */
export async function makeDemoTenant(command: OperatorCommand): Promise<{ id: string; slug: string }> {
  const args = ['tenant', 'create', '--slug', demo.slug, '--name', demo.name, '--magic-links', '--json']
  const said = await run(command, args)
  const { id, slug } = JSON.parse(said) as { id: string; slug: string }
  return { id, slug }
}

/** Makes the person to try things as, with this password. */
export async function makeDemoUser(command: OperatorCommand, password: string): Promise<Account> {
  const args = ['user', 'create', '--tenant', demo.slug, '--email', demo.email, '--password-stdin', '--json']
  await run(command, args, password)
  return { email: demo.email, password }
}

/** Runs the command and returns what it printed. The password goes by its input, which no list of processes shows. */
async function run({ path, env }: OperatorCommand, args: readonly string[], input?: string): Promise<string> {
  const result = await runCommand(process.execPath, [path, ...args], { cwd: '/', env, input })
  if (result.code === 0) return result.stdout
  const lastLines = (result.stderr || result.stdout).trimEnd().split('\n').slice(-30).join('\n  ')
  throw new Error(`iam ${args.slice(0, 2).join(' ')} failed. Its last lines:\n  ${lastLines}`)
}
