resource "random_password" "login" {
  length  = 16
  special = false
}

resource "tencentcloud_instance" "app" {
  count = var.server_count

  instance_name           = "${var.cloudapp_name}-${count.index + 1}"
  availability_zone       = var.app_target.subnet.zone
  image_id                = var.image_id
  instance_type           = var.server_type.instance_type
  instance_charge_type    = "POSTPAID_BY_HOUR"
  vpc_id                  = var.app_target.vpc.id
  subnet_id               = var.app_target.subnet.id
  orderly_security_groups = [tencentcloud_security_group.inside.id]
  password                = random_password.login.result
  system_disk_type        = "CLOUD_BSSD"
  system_disk_size        = 50

  user_data_raw = <<-EOT
    #!/bin/sh
    cat > /etc/app.env <<ENV
    DATABASE_HOST=${tencentcloud_mysql_instance.app.intranet_ip}
    DATABASE_PORT=${tencentcloud_mysql_instance.app.intranet_port}
    DATABASE_PASSWORD=${random_password.database.result}
    ENV
    systemctl restart app
  EOT
}
