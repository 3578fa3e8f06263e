/** What the stand-in was started with. */
export const environment: Readonly<NodeJS.ProcessEnv> = process.env
