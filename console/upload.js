/** A batch from a file: its SHA-256, the batch, the upload with its progress, and the start of the check. */

import { payouts } from './session.js';

const MOST_BYTES = 25 * 1024 * 1024;

/** The key of what is wrong with a file, or null. The API reads it as a whole later. */
export function wrongWithFile(file) {
  if (!file) return 'field.required';
  if (/\.xls$/i.test(file.name)) return 'upload.oldSheet';
  if (!/\.(csv|xlsx)$/i.test(file.name)) return 'upload.format';
  if (file.size === 0) return 'upload.emptyFile';
  return file.size > MOST_BYTES ? 'upload.tooLarge' : null;
}

/**
 * Create the batch of a file and start its check. Every step may be repeated: the same file under the same reference is the
 * same batch. `onStep` gets the step (reading, creating, sending, starting), and while sending a share from 0 to 1.
 * Throws a PayoutsError, or an UploadError.
 */
export async function uploadBatch(file, body, { signal, onStep }) {
  onStep('reading');
  const sha256 = await sha256Of(file);
  onStep('creating');
  const batch = await payouts.createBatch({ ...body, sha256 }, { signal });
  if (!batch.upload) return batch; // an earlier attempt came further
  onStep('sending', 0);
  await post(batch.upload, file, { signal, onProgress: (share) => onStep('sending', share) });
  onStep('starting');
  return payouts.stepBatch(batch.batchReference, 'checks', undefined, { signal });
}

/** The storage did not take the file. `status` is 0 without an answer. */
export class UploadError extends Error {
  constructor(status) {
    super(`the storage answered the upload with ${status}`);
    this.status = status;
  }
}

async function sha256Of(file) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Post the file as a form. XMLHttpRequest, since fetch reports no progress of an upload. */
function post({ url, fields }, file, { signal, onProgress }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', file); // S3 ignores every field after the file
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(total ? loaded / total : 1));
    request.addEventListener('load', () => (request.status < 300 ? resolve() : reject(new UploadError(request.status))));
    for (const event of ['error', 'abort', 'timeout']) request.addEventListener(event, () => reject(new UploadError(0)));
    signal.addEventListener('abort', () => request.abort());
    request.open('POST', url);
    request.send(form);
  });
}
