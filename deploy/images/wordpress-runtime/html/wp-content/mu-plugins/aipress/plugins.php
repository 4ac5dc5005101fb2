<?php
/**
 * Plugins are declared in the tenant's definition. Core forgets an active plugin as soon as somebody opens the list of plugins while its
 * files are away, as they are for the minutes between an activation and the revision that brings them. That list is not to be lost.
 */

namespace Aipress\Plugins;

defined( 'ABSPATH' ) || exit;

const MARKER = '.aipress-bundle.json';

function register(): void {
	if ( 'cli' !== PHP_SAPI ) {
		add_filter( 'pre_update_option_active_plugins', __NAMESPACE__ . '\keep_missing', 10, 2 );
	}
}

/** Takes back the removal of plugins that have no files here; one that has files is deactivated as asked. */
function keep_missing( $new, $old ) {
	$lost = array_diff( array_intersect( missing(), (array) $old ), (array) $new );
	if ( ! $lost ) {
		return $new;
	}
	$all = array_merge( (array) $new, array_values( $lost ) );
	sort( $all );
	return $all;
}

/** Active plugins without files. */
function missing(): array {
	$active = array_filter( (array) get_option( 'active_plugins', array() ), 'is_string' );
	return array_values( array_filter( $active, static fn( $file ) => ! is_file( WP_PLUGIN_DIR . '/' . $file ) ) );
}

/** What the mounted bundle says of itself. */
function bundle(): ?array {
	static $marker = false;
	if ( false === $marker ) {
		$file   = WP_PLUGIN_DIR . '/' . MARKER;
		$marker = is_readable( $file ) ? json_decode( (string) file_get_contents( $file ), true ) : null;
	}
	return is_array( $marker ) ? $marker : null;
}
