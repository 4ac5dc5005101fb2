<?php
/**
 * The site's configuration: the platform's part of the runtime contract (docs/runtime.md). Everything comes from variables
 * that a tenant cannot set, and from one secret, mounted as a file. Nothing here is written at run time.
 */

( function (): void {
	$of = static fn( string $name ): string => (string) getenv( $name );

	$secret   = $of( 'AIPRESS_SECRET_FILE' );
	$password = is_readable( $secret ) ? rtrim( (string) file_get_contents( $secret ), "\r\n" ) : '';
	define( 'DB_HOST', $of( 'WORDPRESS_DB_HOST' ) );
	define( 'DB_NAME', $of( 'WORDPRESS_DB_NAME' ) );
	define( 'DB_USER', $of( 'WORDPRESS_DB_USER' ) );
	define( 'DB_PASSWORD', $password );
	define( 'DB_CHARSET', 'utf8mb4' );
	define( 'DB_COLLATE', '' );

	// Keys and salts are made from the secret: every instance has the same ones, and a rotation ends every session.
	foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $purpose ) {
		foreach ( array( 'KEY', 'SALT' ) as $kind ) {
			define( "{$purpose}_{$kind}", hash_hmac( 'sha256', "{$purpose}_{$kind}", $password ) );
		}
	}

	// TLS ends before the container.
	if ( 'https' === ( $_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '' ) ) {
		$_SERVER['HTTPS'] = 'on';
	}

	// The primary domain; without one the address that the platform itself gave the service. No other Host is believed: it
	// would end up in the links of password mails.
	$home = $of( 'WP_HOME' );
	$host = strtolower( (string) ( $_SERVER['HTTP_HOST'] ?? '' ) );
	if ( '' === $home && preg_match( '/^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*\.run\.app|(?:127\.0\.0\.1|localhost)(?::\d+)?)$/', $host ) ) {
		$home = ( empty( $_SERVER['HTTPS'] ) ? 'http://' : 'https://' ) . $host;
	}
	if ( '' !== $home ) {
		define( 'WP_HOME', $home );
		define( 'WP_SITEURL', $of( 'WP_SITEURL' ) ?: $home );
	}

	// Files are the platform's: they change with a revision, never in place.
	define( 'DISALLOW_FILE_EDIT', true );
	define( 'DISALLOW_FILE_MODS', true );
	define( 'AUTOMATIC_UPDATER_DISABLED', true );
	define( 'DISABLE_WP_CRON', '1' === $of( 'DISABLE_WP_CRON' ) );

	// A text such as "false" is false; errors go to the log and never to a visitor.
	define( 'WP_DEBUG', filter_var( $of( 'WP_DEBUG' ), FILTER_VALIDATE_BOOLEAN ) );
	define( 'WP_DEBUG_DISPLAY', false );
	define( 'WP_DEBUG_LOG', false );
	foreach ( array( 'WP_MEMORY_LIMIT', 'WP_MAX_MEMORY_LIMIT', 'WP_ENVIRONMENT_TYPE' ) as $name ) {
		if ( '' !== $of( $name ) ) {
			define( $name, $of( $name ) );
		}
	}
	// Beside a running site nobody is to get a mail about an error that visitors never met.
	if ( '1' === $of( 'AIPRESS_REHEARSAL' ) ) {
		define( 'WP_DISABLE_FATAL_ERROR_HANDLER', true );
	}

	// The installer is closed: a site is installed before it is reachable.
	$script = (string) ( $_SERVER['SCRIPT_NAME'] ?? '' );
	if ( 'cli' !== PHP_SAPI && preg_match( '#/wp-admin/(?:install|setup-config)\.php$#', $script ) ) {
		http_response_code( 403 );
		exit( 'This site is installed by its platform.' );
	}
} )();

$table_prefix = 'wp_';

if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}

require_once ABSPATH . 'wp-settings.php';
