<?php
/**
 * GET /aipress/health: 200 if this instance can serve the site with the plugins it was given, else 503, and why. It answers once every
 * plugin is loaded, so a plugin that is fatal as it loads is a 500 here too.
 */

namespace Aipress\Health;

use Aipress\Plugins;

defined( 'ABSPATH' ) || exit;

const PATH = '/aipress/health';

function register(): void {
	add_action( 'wp_loaded', __NAMESPACE__ . '\answer', PHP_INT_MAX );
}

function answer(): void {
	if ( PATH !== parse_url( (string) ( $_SERVER['REQUEST_URI'] ?? '' ), PHP_URL_PATH ) ) {
		return;
	}
	$problems = problems();
	nocache_headers();
	status_header( $problems ? 503 : 200 );
	header( 'Content-Type: application/json' );
	echo wp_json_encode(
		array(
			'status'   => $problems ? 'unwell' : 'well',
			'bundle'   => Plugins\bundle()['digest'] ?? null,
			'problems' => $problems,
			// Not a reason to take an instance out: a site serves without them, and a revision that has them may be on its way.
			'missing'  => count( Plugins\missing() ),
		)
	);
	exit;
}

/** What keeps this instance from serving. */
function problems(): array {
	global $wpdb;
	$problems = array();
	if ( '1' !== $wpdb->get_var( 'SELECT 1' ) ) {
		$problems[] = 'the database does not answer';
	}
	$expected = (string) getenv( 'AIPRESS_PLUGINS_DIGEST' );
	$mounted  = (string) ( Plugins\bundle()['digest'] ?? '' );
	if ( '' !== $expected && $expected !== $mounted ) {
		$problems[] = sprintf( 'the plugin bundle is %s, not %s', $mounted ?: 'missing', $expected );
	}
	return $problems;
}
