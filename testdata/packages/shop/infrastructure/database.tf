resource "random_password" "database" {
  length           = 20
  override_special = "_+-&=!@#%^*()"
}

resource "tencentcloud_mysql_instance" "orders" {
  instance_name     = "${var.cloudapp_id}-orders"
  engine_version    = "8.0"
  cpu               = 2
  mem_size          = 4000
  volume_size       = 100
  availability_zone = var.app_target.subnet.zone
  vpc_id            = var.app_target.vpc.id
  subnet_id         = var.app_target.subnet.id
  security_groups   = [tencentcloud_security_group.inside.id]
  root_password     = random_password.database.result
  charge_type       = var.charge_type
  prepaid_period    = var.charge_months
  force_delete      = true

  parameters = {
    character_set_server = "utf8mb4"
    max_connections      = "500"
  }
}
