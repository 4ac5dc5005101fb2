<?php
/**
 * One look at a WordPress site, or one change of it, over core's own functions: `php site.php COMMAND MARK [ARGUMENT]`, in
 * the site's folder. The answer is one line of JSON that starts with MARK: whatever a plugin prints is no answer. When the
 * process ends without one (a fatal error, an exit in a plugin), the line says that.
 *
 * lock SECONDS   holds the site's lock until standard input ends; the database gives it back when this process dies
 * read           which plugins are active, and the journal of a run that has not ended; loads no plugin
 * write          sets both from standard input, together; loads no plugin
 * active         loads everything in a fresh process: which plugins are active
 * activate FILE, deactivate FILE   with their hooks
 */

define( 'AIPRESS_COMMAND', $argv[1] ?? '' );
define( 'AIPRESS_MARK', $argv[2] ?? '' );
define( 'AIPRESS_ARGUMENT', $argv[3] ?? '' );
define( 'AIPRESS_JOURNAL', 'aipress_plugins_journal' );
define( 'AIPRESS_LOADS_PLUGINS', in_array( AIPRESS_COMMAND, array( 'active', 'activate', 'deactivate' ), true ) );

final class Aipress_Answer {
	private static bool $given = false;

	public static function give( array $answer ): void {
		if ( self::$given ) {
			return;
		}
		self::$given = true;
		// Past whatever output buffers a plugin left open, on a line of its own.
		fwrite( STDOUT, "\n" . AIPRESS_MARK . json_encode( $answer, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE ) . "\n" );
	}

	public static function at_the_end(): void {
		$error = error_get_last();
		$fatal = $error && ( $error['type'] & ( E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR ) );
		$why   = $fatal ? strtok( $error['message'], "\n" ) . ' (' . basename( $error['file'] ) . ':' . $error['line'] . ')' : '';
		self::give( array( 'ended' => $why ) );
	}
}
register_shutdown_function( array( 'Aipress_Answer', 'at_the_end' ) );

if ( ! AIPRESS_LOADS_PLUGINS ) {
	define( 'SHORTINIT', true );
}
$_SERVER['HTTP_HOST']       = parse_url( (string) getenv( 'WP_HOME' ), PHP_URL_HOST ) ?: 'localhost';
$_SERVER['REQUEST_METHOD']  = 'GET';
$_SERVER['REQUEST_URI']     = '/';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';

require getcwd() . '/wp-load.php';

if ( AIPRESS_LOADS_PLUGINS ) {
	require_once ABSPATH . 'wp-admin/includes/plugin.php';
	// Hooks of activation may ask who it is that activates.
	$aipress_administrators = get_users( array( 'role' => 'administrator', 'number' => 1, 'fields' => 'ID' ) );
	wp_set_current_user( (int) ( $aipress_administrators[0] ?? 0 ) );
}

function aipress_stored( string $name ): ?array {
	global $wpdb;
	$value = $wpdb->get_var( $wpdb->prepare( "SELECT option_value FROM $wpdb->options WHERE option_name = %s", $name ) );
	$array = null === $value ? null : unserialize( $value, array( 'allowed_classes' => false ) );
	return is_array( $array ) ? array_values( $array ) : null;
}

function aipress_store( string $name, ?array $value ): void {
	global $wpdb;
	$done = null === $value
		? $wpdb->query( $wpdb->prepare( "DELETE FROM $wpdb->options WHERE option_name = %s", $name ) )
		: $wpdb->query(
			$wpdb->prepare(
				"INSERT INTO $wpdb->options (option_name, option_value, autoload) VALUES (%s, %s, 'yes')
				ON DUPLICATE KEY UPDATE option_value = VALUES(option_value)",
				$name,
				serialize( $value )
			)
		);
	if ( false === $done ) {
		throw new RuntimeException( 'the database refused to store ' . $name );
	}
}

function aipress_read(): array {
	global $wpdb;
	$installed = $wpdb->get_var( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->esc_like( $wpdb->options ) ) );
	return array(
		'installed' => null !== $installed,
		'active'    => null === $installed ? array() : ( aipress_stored( 'active_plugins' ) ?? array() ),
		'journal'   => null === $installed ? null : aipress_stored( AIPRESS_JOURNAL ),
	);
}

function aipress_write(): array {
	global $wpdb;
	$wanted = json_decode( stream_get_contents( STDIN ), true, 16, JSON_THROW_ON_ERROR );
	$wpdb->query( 'START TRANSACTION' );
	aipress_store( 'active_plugins', $wanted['active'] );
	aipress_store( AIPRESS_JOURNAL, $wanted['journal'] );
	$wpdb->query( 'COMMIT' );
	return aipress_read();
}

function aipress_lock(): void {
	global $wpdb;
	// Locks are the whole server's: under a name that other tenants can guess they could keep us waiting.
	$name = substr( hash_hmac( 'sha256', 'plugins', DB_PASSWORD ), 0, 40 );
	$lock = $wpdb->get_var( $wpdb->prepare( 'SELECT GET_LOCK(%s, %d)', $name, (int) AIPRESS_ARGUMENT ) );
	Aipress_Answer::give( array( 'locked' => '1' === $lock ) );
	if ( '1' === $lock ) {
		stream_get_contents( STDIN );
	}
}

function aipress_activate( string $file ): array {
	$result = activate_plugin( $file );
	if ( ! is_wp_error( $result ) ) {
		return array();
	}
	$printed = trim( wp_strip_all_tags( (string) $result->get_error_data() ) );
	return array( 'refused' => trim( wp_strip_all_tags( $result->get_error_message() ) . ' ' . substr( $printed, 0, 4096 ) ) );
}

function aipress_deactivate( string $file ): array {
	deactivate_plugins( array( $file ) );
	return array();
}

switch ( AIPRESS_COMMAND ) {
	case 'lock':
		aipress_lock();
		break;
	case 'read':
		Aipress_Answer::give( aipress_read() );
		break;
	case 'write':
		Aipress_Answer::give( aipress_write() );
		break;
	case 'active':
		Aipress_Answer::give( array( 'active' => array_values( (array) get_option( 'active_plugins', array() ) ) ) );
		break;
	case 'activate':
		Aipress_Answer::give( aipress_activate( AIPRESS_ARGUMENT ) );
		break;
	case 'deactivate':
		Aipress_Answer::give( aipress_deactivate( AIPRESS_ARGUMENT ) );
		break;
}
