/** A refusal in Forgejo's words. The shapes are those of APIError and APINotFound (services/context/api.go). */
export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 422 | 423 | 429 | 500;

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: ErrorStatus;
  /** What is sent instead of the usual shape; null sends no body at all. */
  readonly body: object | null | undefined;

  constructor(status: ErrorStatus, message: string, body?: object | null) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

export function notFound(message = "The target couldn't be found.", errors: string[] = []) {
  return new ApiError(404, message, { message, errors });
}

/** Forgejo answers some refusals with a bare status (ctx.Status). */
export function bareRefusal(status: ErrorStatus): ApiError {
  return new ApiError(status, "", null);
}

export function invalid(message: string): ApiError {
  return new ApiError(422, message);
}

export function forbidden(message: string): ApiError {
  return new ApiError(403, message);
}
