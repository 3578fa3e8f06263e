import { runCommand } from './run-command.ts'

const { env, stdin, stdout, stderr } = process
process.exitCode = await runCommand(process.argv.slice(2), { env, stdin, stdout, stderr })
