//! A socket or the Lambda runtime, until told to stop.
