#!/bin/sh
echo not me >&2
exit 7
