#!/bin/sh
echo '{"terraform_version": "1.10.5"}'
