/**
 * Makes a bucket in the storage stand-in unless it is there, as Terraform does in the cloud. Takes the stand-in's
 * address; refuses when that answers anything else.
 */
export async function makeBucket(storeUrl: string, name: string): Promise<void> {
  const answer = await fetch(`${storeUrl}/storage/v1/b?project=local`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })
  if (answer.ok || answer.status === 409) return
  throw new Error(`The bucket ${name} could not be made: ${answer.status} ${await answer.text()}`)
}
