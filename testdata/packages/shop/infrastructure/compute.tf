resource "random_password" "login" {
  length  = 16
  special = false
}

resource "tencentcloud_instance" "web" {
  count = var.server_count

  instance_name                       = "${var.cloudapp_id}-web-${count.index + 1}"
  availability_zone                   = var.app_target.subnet.zone
  image_id                            = var.image_id
  instance_type                       = var.server_type.instance_type
  instance_charge_type                = var.charge_type == "PREPAID" ? "PREPAID" : "POSTPAID_BY_HOUR"
  instance_charge_type_prepaid_period = var.charge_type == "PREPAID" ? var.charge_months : null
  vpc_id                              = var.app_target.vpc.id
  subnet_id                           = var.app_target.subnet.id
  orderly_security_groups             = [tencentcloud_security_group.inside.id]
  cam_role_name                       = var.cloudapp_cam_role
  password                            = random_password.login.result
  allocate_public_ip                  = var.public_servers
  internet_max_bandwidth_out          = var.public_servers ? 10 : 0
  system_disk_type                    = "CLOUD_BSSD"
  system_disk_size                    = 50

  data_disks {
    data_disk_type = "CLOUD_BSSD"
    data_disk_size = 100
  }

  user_data_raw = <<-EOT
    #!/bin/sh
    config=/etc/shop.conf
    cat > "$config" <<CONF
    title=${var.shop_title}
    database=${tencentcloud_mysql_instance.orders.intranet_ip}:${tencentcloud_mysql_instance.orders.intranet_port}
    password=${random_password.database.result}
    CONF
    systemctl enable --now shop
  EOT
}
