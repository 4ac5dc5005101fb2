<?php
/**
 * Runs before a container listens: checks what it was given, waits for the database, and installs a site that is not installed yet, so
 * that no visitor ever meets an installer. Ends with 0, or says why not and ends with 1.
 */

define( 'WP_INSTALLING', true ); // No plugin is loaded.

( function (): void {
	$fail = static function ( string $why ): never {
		fwrite( STDERR, "prepare: $why\n" );
		exit( 1 );
	};
	foreach ( array( 'AIPRESS_TENANT', 'AIPRESS_SECRET_FILE', 'WORDPRESS_DB_HOST', 'WORDPRESS_DB_NAME', 'WORDPRESS_DB_USER' ) as $name ) {
		'' !== (string) getenv( $name ) || $fail( "$name is not set" );
	}
	is_readable( getenv( 'AIPRESS_SECRET_FILE' ) ) || $fail( getenv( 'AIPRESS_SECRET_FILE' ) . ' cannot be read: is the secret mounted?' );

	$expected = (string) getenv( 'AIPRESS_PLUGINS_DIGEST' );
	$marker   = getcwd() . '/wp-content/plugins/.aipress-bundle.json';
	$mounted  = is_readable( $marker ) ? json_decode( (string) file_get_contents( $marker ), true )['digest'] ?? '' : '';
	if ( '' !== $expected && $expected !== $mounted ) {
		$fail( 'the plugin bundle is ' . ( $mounted ?: 'missing' ) . ", not $expected: is it mounted, and staged to its end?" );
	}
} )();

// A host that WordPress does not know would be the site's address for good.
$_SERVER['HTTP_HOST'] = parse_url( (string) getenv( 'WP_HOME' ), PHP_URL_HOST ) ?: 'localhost';

/** Whether the database lets us in; its socket appears a moment after the container starts. */
function aipress_database_answers( string $host, string $user, string $password, string $name ): bool {
	mysqli_report( MYSQLI_REPORT_OFF );
	[ $server, $socket ] = array_pad( explode( ':', $host, 2 ), 2, '' );
	$connection          = mysqli_init();
	$connected           = str_starts_with( $socket, '/' )
		? @$connection->real_connect( $server, $user, $password, $name, null, $socket )
		: @$connection->real_connect( $server, $user, $password, $name, (int) ( $socket ?: 3306 ) );
	return $connected && $connection->close();
}

$aipress_patience = microtime( true ) + 30;
$aipress_secret   = rtrim( (string) file_get_contents( getenv( 'AIPRESS_SECRET_FILE' ) ), "\r\n" );
while ( ! aipress_database_answers( getenv( 'WORDPRESS_DB_HOST' ), getenv( 'WORDPRESS_DB_USER' ), $aipress_secret, getenv( 'WORDPRESS_DB_NAME' ) ) ) {
	if ( microtime( true ) > $aipress_patience ) {
		fwrite( STDERR, 'prepare: the database does not let us in: ' . mysqli_connect_error() . "\n" );
		exit( 1 );
	}
	usleep( 250000 );
}

require getcwd() . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

// Several instances may start at once; the second waits and finds the site installed. Locks are the whole server's: the name is one
// that no other tenant can guess.
$aipress_lock = substr( hash_hmac( 'sha256', 'install', DB_PASSWORD ), 0, 40 );
if ( ! is_blog_installed() && '1' === $wpdb->get_var( $wpdb->prepare( 'SELECT GET_LOCK(%s, 60)', $aipress_lock ) ) ) {
	wp_cache_flush();
	if ( ! is_blog_installed() ) {
		$aipress_tenant = (string) getenv( 'AIPRESS_TENANT' );
		$aipress_title  = (string) getenv( 'AIPRESS_DISPLAY_NAME' ) ?: $aipress_tenant;
		// Whoever may read the tenant's secret can make this password again (docs/runtime.md), and nobody else.
		$aipress_password = substr( hash_hmac( 'sha256', 'administrator', DB_PASSWORD ), 0, 24 );
		$aipress_mail     = (string) getenv( 'AIPRESS_ADMIN_EMAIL' ) ?: "admin@{$_SERVER['HTTP_HOST']}";
		// The installer would send a mail with the site's address; there is nobody yet to read it.
		add_filter( 'pre_wp_mail', '__return_false' );
		wp_install( $aipress_title, 'admin', $aipress_mail, true, '', wp_slash( $aipress_password ) );
		fwrite( STDERR, "prepare: installed the site of $aipress_tenant\n" );
	}
	$wpdb->get_var( $wpdb->prepare( 'SELECT RELEASE_LOCK(%s)', $aipress_lock ) );
}
if ( ! is_blog_installed() ) {
	fwrite( STDERR, "prepare: the site is not installed, and another instance did not end installing it\n" );
	exit( 1 );
}
