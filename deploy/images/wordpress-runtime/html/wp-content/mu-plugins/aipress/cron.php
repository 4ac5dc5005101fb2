<?php
/**
 * Cron without a clock that ticks: whenever the next due event changes, one task is ordered that calls wp-cron.php when it is due. While
 * nothing is due nothing exists, nothing runs, and a site scaled to zero stays there. A lost task is ordered again by the next visit.
 *
 * AIPRESS_CRON_QUEUE names the queue of Cloud Tasks (projects/P/locations/R/queues/Q); without one WordPress's own cron runs on visits.
 */

namespace Aipress\Cron;

defined( 'ABSPATH' ) || exit;

const ORDERED = 'aipress_cron_ordered';
/** Seconds: events due within one of these are run together, and a task has one name however often it is ordered. */
const GRAIN = 300;

function register(): void {
	if ( '' === queue() ) {
		return;
	}
	// Files are the platform's: a site that looks for updates of its own wakes twice a day for nothing.
	remove_action( 'init', 'wp_schedule_update_checks' );
	add_filter( 'schedule_event', __NAMESPACE__ . '\seldom' );
	add_action( 'shutdown', __NAMESPACE__ . '\order_if_needed', PHP_INT_MAX );
}

function queue(): string {
	return (string) getenv( 'AIPRESS_CRON_QUEUE' );
}

/** Of what core does every hour or twice a day (old exports of personal data, whether TLS works) once a day is often enough. */
function seldom( $event ) {
	$often = array( 'wp_privacy_delete_old_export_files', 'wp_https_detection' );
	if ( is_object( $event ) && $event->schedule && in_array( $event->hook, $often, true ) ) {
		$event->schedule = 'daily';
		$event->interval = DAY_IN_SECONDS;
	}
	return $event;
}

function order_if_needed(): void {
	if ( wp_installing() || 'cli' === PHP_SAPI ) {
		return;
	}
	$at = wake_at( (array) _get_cron_array(), (int) get_option( ORDERED, 0 ), time() );
	if ( null === $at ) {
		return;
	}
	// Before the task itself: a queue that does not answer costs one visit some time, not every one.
	update_option( ORDERED, $at, true );
	order( $at );
}

/** When to wake for the next due event; null if that is ordered already, or nothing is due. */
function wake_at( array $events, int $ordered, int $now ): ?int {
	$due = array_filter( array_keys( $events ), 'is_int' );
	if ( ! $due ) {
		return null;
	}
	$at = (int) ceil( max( min( $due ), $now ) / GRAIN ) * GRAIN;
	return $ordered > $now && $ordered <= $at ? null : $at;
}

function order( int $at ): void {
	$host  = (string) getenv( 'GCE_METADATA_HOST' ) ?: 'metadata.google.internal';
	$token = body(
		wp_remote_get(
			"http://$host/computeMetadata/v1/instance/service-accounts/default/token",
			array( 'headers' => array( 'Metadata-Flavor' => 'Google' ), 'timeout' => 2 )
		)
	)['access_token'] ?? '';
	$api  = (string) getenv( 'AIPRESS_CRON_ENDPOINT' ) ?: 'https://cloudtasks.googleapis.com';
	$task = array(
		'name'         => sprintf( '%s/tasks/%s-%d', queue(), getenv( 'AIPRESS_TENANT' ), $at ),
		'scheduleTime' => gmdate( 'Y-m-d\TH:i:s\Z', $at ),
		'httpRequest'  => array( 'httpMethod' => 'GET', 'url' => site_url( 'wp-cron.php?doing_wp_cron' ) ),
	);
	$answer = wp_remote_post(
		"$api/v2/" . queue() . '/tasks',
		array(
			'headers' => array( 'Authorization' => "Bearer $token", 'Content-Type' => 'application/json' ),
			'body'    => wp_json_encode( array( 'task' => $task ) ),
			'timeout' => 3,
		)
	);
	$status = wp_remote_retrieve_response_code( $answer );
	// 409: the same task was ordered before.
	if ( ! in_array( $status, array( 200, 409 ), true ) ) {
		error_log( 'aipress: cron was not ordered: ' . ( is_wp_error( $answer ) ? $answer->get_error_message() : $status ) );
	}
}

function body( $answer ): array {
	$body = json_decode( (string) wp_remote_retrieve_body( $answer ), true );
	return is_array( $body ) ? $body : array();
}
