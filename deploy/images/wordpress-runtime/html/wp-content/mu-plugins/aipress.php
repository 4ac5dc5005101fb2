<?php
/**
 * Plugin Name: AIPress runtime
 * Description: The platform's part of a site: health, declared plugins, cron that wakes a sleeping site.
 */

namespace Aipress;

defined( 'ABSPATH' ) || exit;

require_once __DIR__ . '/aipress/health.php';
require_once __DIR__ . '/aipress/plugins.php';
require_once __DIR__ . '/aipress/cron.php';

Health\register();
Plugins\register();
Cron\register();
