resource "tencentcloud_ckafka_instance" "events" {
  instance_name       = "${var.cloudapp_name}-events"
  zone_id             = var.app_target.subnet.zone_id
  vpc_id              = var.app_target.vpc.id
  subnet_id           = var.app_target.subnet.id
  specifications_type = "profession"
  charge_type         = "POSTPAID_BY_HOUR"
  kafka_version       = "2.8.1"
  disk_type           = "CLOUD_BASIC"
  disk_size           = 200
  band_width          = 20
  partition           = 400
  msg_retention_time  = 1440
}

resource "tencentcloud_ckafka_topic" "orders" {
  instance_id   = tencentcloud_ckafka_instance.events.id
  topic_name    = "orders"
  note          = "One message for each order"
  partition_num = 3
  replica_num   = 2
}

resource "random_password" "queue" {
  length  = 16
  special = false
}

resource "tencentcloud_ckafka_user" "app" {
  instance_id  = tencentcloud_ckafka_instance.events.id
  account_name = "app"
  password     = random_password.queue.result
}

resource "tencentcloud_ckafka_acl" "app" {
  for_each = toset(["READ", "WRITE"])

  instance_id     = tencentcloud_ckafka_instance.events.id
  resource_type   = "TOPIC"
  resource_name   = tencentcloud_ckafka_topic.orders.topic_name
  operation_type  = each.key
  permission_type = "ALLOW"
  host            = "*"
  principal       = tencentcloud_ckafka_user.app.account_name
}
